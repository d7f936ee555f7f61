"""How the OpenAPI schema is made."""

SPECTACULAR_SETTINGS = {
    "TITLE": "Pilling",
    "DESCRIPTION": "Korean medicine information: search, labels, grounded summaries.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.openapi.add_problems",
        "core.openapi.add_links",
    ],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    # Fields of one name with different choices, and one set of choices under two names.
    "ENUM_NAME_OVERRIDES": {
        "PharmacyStateEnum": ["open", "closed", "unknown"],
        "PharmacySourceEnum": ["nemc", "hira", "kakao"],
        "KakaoHeardEnum": ["fresh", "pending", "down", "off"],
        "MedicineStatusEnum": ["active", "withdrawn", "unknown"],
        "SummaryKindEnum": ["reviewed", "ai", "extractive"],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}
