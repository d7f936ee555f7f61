"""What a browser may load on our pages, by where they are. The API's own policy is core.middleware's."""

from csp.constants import NONCE, NONE, SELF, Nonce

# A nonce is put in the header when a page uses `request.csp_nonce`, and only then.
PAGES: dict[str, list[str | Nonce]] = {
    "default-src": [SELF],
    "script-src": [SELF, NONCE],
    "style-src": [SELF, NONCE],
    "img-src": [SELF, "data:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
# Django's admin needs neither inline code nor anything of another place.
ADMIN: dict[str, list[str]] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
