# syntax=docker/dockerfile:1
# One image for web, worker, beat and every command (`pilling`, the last stage), and nginx with the collected files.
# What stands after it in docker-compose.prod.yml decides which of them a container is.

# The version that made the locks (requirements-dev.txt).
FROM ghcr.io/astral-sh/uv:0.13.9 AS uv

FROM python:3.13-slim-trixie AS build
WORKDIR /app
# requirements-telemetry.txt: with traces and error reports.
ARG REQUIREMENTS=requirements.txt
COPY --from=uv /uv /usr/local/bin/uv
COPY requirements.txt requirements-telemetry.txt ./
# Wheels with the locked hashes only: nothing is built from source, and nothing else gets in, pip neither.
RUN python -m venv --without-pip /opt/venv \
    && uv pip install --quiet --python /opt/venv/bin/python --no-cache --no-deps --require-hashes \
    --only-binary :all: --compile-bytecode -r "$REQUIREMENTS"
COPY . ./
# No server is asked; the values only let the settings load.
RUN DJANGO_SECRET_KEY=only-for-collecting-files-0123456789 DATABASE_URL=postgresql://localhost/none \
    REDIS_URL=redis://localhost/0 CELERY_BROKER_URL=redis://localhost/1 \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /opt/venv/bin/python -m compileall -q /app

FROM nginx:1.30-alpine AS nginx
# A server of its own, which ours would read along: what stands in conf.d is the operator's.
RUN rm -f /etc/nginx/conf.d/default.conf
COPY nginx.conf /etc/nginx/nginx.conf
COPY deploy/nginx_web.sh /docker-entrypoint.d/40-web.sh
COPY --from=build /app/var/static /usr/share/nginx/static

FROM python:3.13-slim-trixie AS pilling
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8
RUN groupadd --system --gid 10001 pilling && useradd --system --uid 10001 --gid 10001 --no-create-home pilling \
    && install -d -o 10001 -g 10001 /run/pilling /var/lib/pilling/pictures
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
USER 10001:10001
EXPOSE 8000
# The web's. Worker and beat have their own in the compose file.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "deploy.healthcheck"]
CMD ["gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"]
