"""Settings of the map on the pharmacies' page."""

from config.environment import Env

_env = Env()
# The app's JavaScript key: with it Kakao's map is shown, and that page alone loads anything from outside.
KAKAO_JS_KEY = _env.str("KAKAO_JS_KEY", "")
KAKAO_MAP_BASE_URL = _env.str("KAKAO_MAP_BASE_URL", "https://dapi.kakao.com")
# Without the key: tiles under our own outline of the districts, such as https://tiles.example/{z}/{x}/{y}.png; empty:
# none. Whoever serves them learns which neighbourhood is looked at, and wants to be named.
MAP_TILES_URL = _env.str("MAP_TILES_URL", "")
MAP_TILES_ATTRIBUTION = _env.str("MAP_TILES_ATTRIBUTION", "")
