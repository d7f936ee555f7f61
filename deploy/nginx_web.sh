#!/bin/sh
# Run by the image's entrypoint before nginx starts: it sends to whatever is called `web`. deploy/release leads it from one
# container to another by writing this file.
echo "server web:8000;" > /run/web.conf
