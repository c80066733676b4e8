"""Settings. With nothing configured adgen runs embedded; DATABASE_URL and REDIS_URL make it production."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.management.utils import get_random_secret_key
from django.templatetags.static import static
from django.urls import reverse_lazy

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# Everything that adgen writes on its own account: database, weights, logs, caches.
ADGEN_VAR_DIR = Path(env.str("ADGEN_VAR", default=str(BASE_DIR / "var"))).resolve()
ADGEN_VAR_DIR.mkdir(parents=True, exist_ok=True)

REDIS_URL = env.str("REDIS_URL", default="")
ADGEN_EMBEDDED = not REDIS_URL


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _secret_key() -> str:
    """The key of this installation, made on the first run; never a default that someone could know."""
    path = ADGEN_VAR_DIR / "secret_key"
    if not path.exists():
        # Written aside and put in place whole: other processes may be starting at the same moment.
        draft = ADGEN_VAR_DIR / f"secret_key.{os.getpid()}"
        with open(draft, "w", opener=_private) as file:
            file.write(get_random_secret_key())
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text(encoding="utf-8")


SECRET_KEY = env.str("SECRET_KEY", default="") or _secret_key()
DEBUG = env.bool("ADGEN_DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework_api_key",
    "drf_spectacular",
    "django_filters",
    "csp",
    "axes",
    "adgen",
    "review",
    "workers",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "adgen.middleware.admin_policy",
    "adgen.middleware.admin_addresses",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "adgen.urls"
WSGI_APPLICATION = "adgen.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{ADGEN_VAR_DIR / 'adgen.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock at BEGIN, so two writers wait for each other instead of failing late.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=30000;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    # Postgres plans a statement once for a connection that asks it often: a claim takes a third less time.
    DATABASES["default"]["OPTIONS"] = {"server_side_binding": True, "prepare_threshold": 5}
# Throttles count in each web process by itself: with a shared count, a Redis that is down would stop the API.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "home"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "adgen.sessions.Accounts",
]
SESSION_ENGINE = "adgen.sessions"
# Guessing passwords: after ten failures one name is locked for one address, for a quarter of an hour.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

LANGUAGE_CODE = "en-gb"
# The pages speak English alone: looking each word of them up would take a sixth of their time.
USE_I18N = False
DATE_FORMAT, TIME_FORMAT, DATETIME_FORMAT = "j M Y", "P", "j M Y, P"
SHORT_DATE_FORMAT, SHORT_DATETIME_FORMAT = "d/m/Y", "d/m/Y P"
DATE_INPUT_FORMATS = ["%d/%m/%Y", "%d/%m/%y", "%Y-%m-%d"]
DATETIME_INPUT_FORMATS = [f"{day} {time}" for day in DATE_INPUT_FORMATS for time in ("%H:%M:%S", "%H:%M")]
FIRST_DAY_OF_WEEK = 1
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = ADGEN_VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns of a folder that is not there
MEDIA_ROOT = ADGEN_VAR_DIR / "media"
WHITENOISE_USE_FINDERS = ADGEN_EMBEDDED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Adapter weights. Production points this at an S3-compatible storage that all workers reach.
    "adapters": {
        "BACKEND": env.str("ADGEN_ADAPTER_STORAGE", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json(
            "ADGEN_ADAPTER_STORAGE_OPTIONS", default={"location": str(ADGEN_VAR_DIR / "adapters")}
        ),
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if ADGEN_EMBEDDED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# HTTPS is assumed outside embedded mode; ADGEN_HTTPS=0 is for a test on loopback.
ADGEN_HTTPS = env.bool("ADGEN_HTTPS", default=not ADGEN_EMBEDDED)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = ADGEN_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if ADGEN_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ADGEN_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ADGEN_HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# The admin shell (django-unfold) evaluates Alpine expressions and has inline scripts; nothing else may.
_CSP_STRICT = {
    "default-src": [SELF],
    "img-src": [SELF, "data:"],
    "object-src": [NONE],
    "base-uri": [SELF],
    "frame-ancestors": [NONE],
    "form-action": [SELF],
}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _CSP_STRICT}
ADGEN_ADMIN_CSP = {
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "adgen.api.auth.ApiKeyAuthentication",
        "adgen.api.auth.PasswordAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["adgen.api.parsers.JsonBody"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "adgen.api.pagination.NewestFirst",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "60/min", "user": env.str("ADGEN_API_RATE", default="1200/min")},
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS would describe routes to those who may not see them
    "EXCEPTION_HANDLER": "adgen.api.errors.problem_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "adgen API",
    "DESCRIPTION": "Briefs in, approved copy out. Errors are RFC 9457 problem documents.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "POSTPROCESSING_HOOKS": ["adgen.api.schema.add_problems"],
}

_OF_REVIEWERS = "adgen.selectors.access.reviews_a_brand"
_OF_MANAGERS = "adgen.selectors.access.manages_a_brand"


def _page(title: str, icon: str, route: str, permission: object = None) -> dict[str, object]:
    """An item of the menu; everybody sees it where no permission is named."""
    item: dict[str, object] = {"title": title, "icon": icon, "link": reverse_lazy(route)}
    return item if permission is None else {**item, "permission": permission}


UNFOLD = {
    "SITE_TITLE": "adgen",
    "SITE_HEADER": "adgen",
    "SITE_SYMBOL": "edit_note",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("adgen/favicon.svg")}
    ],
    "STYLES": [lambda request: static("adgen/admin.css")],
    "SCRIPTS": [lambda request: static("adgen/shell.js")],
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "title": "Work",
                "items": [
                    _page("Review", "rule", "review:room"),
                    _page("Table", "table_rows", "review:table", _OF_REVIEWERS),
                    _page("Compare", "compare_arrows", "review:compare", _OF_REVIEWERS),
                    _page("Dashboard", "monitoring", "review:dashboard", _OF_REVIEWERS),
                    _page("Disagreements", "balance", "review:disagreements", _OF_MANAGERS),
                    _page("Agreement", "handshake", "review:agreement", _OF_MANAGERS),
                    _page("Attention", "visibility", "review:attention", _OF_MANAGERS),
                    _page("Briefs", "description", "admin:adgen_brief_changelist"),
                    _page("Batches", "dynamic_feed", "admin:adgen_batch_changelist"),
                    _page("Variants", "notes", "admin:adgen_variant_changelist"),
                    _page("Look again", "policy_alert", "admin:adgen_recheck_changelist", _OF_REVIEWERS),
                    _page("Comments", "comment", "admin:review_comment_changelist", _OF_REVIEWERS),
                    _page("Screen quality", "query_stats", "review:screen"),
                    _page("Rescreens", "security_update", "admin:adgen_rescreen_changelist"),
                ],
            },
            {
                "title": "Brand",
                "items": [
                    _page("Brands", "sell", "admin:adgen_brand_changelist"),
                    _page("Facts", "fact_check", "admin:adgen_fact_changelist"),
                    _page("Exemplars", "bookmark", "admin:adgen_exemplar_changelist"),
                    _page("Campaigns", "campaign", "admin:adgen_campaign_changelist"),
                    _page("Training runs", "model_training", "admin:adgen_trainingrun_changelist"),
                    _page("Adapters", "layers", "admin:adgen_adapter_changelist"),
                ],
            },
            {
                "title": "Access",
                "items": [
                    _page("API keys", "key", "admin:adgen_apikey_changelist", _OF_MANAGERS),
                    _page("Members", "group", "admin:adgen_membership_changelist", _OF_MANAGERS),
                    _page("Audit log", "history", "audit", _OF_MANAGERS),
                    _page(
                        "Users",
                        "person",
                        "admin:auth_user_changelist",
                        lambda request: request.user.is_superuser,
                    ),
                ],
            },
        ],
    },
}

# The models that write and screen.
ADGEN_BASE_MODEL = env.str("ADGEN_BASE_MODEL", default="starter")
ADGEN_BASE_REVISION = env.str("ADGEN_BASE_REVISION", default="")
ADGEN_ENGINE = env.str("ADGEN_ENGINE", default="transformers")
ADGEN_SCREEN_MODEL = env.str("ADGEN_SCREEN_MODEL", default="starter")

# The work engine.
ADGEN_CHUNK_SIZE = env.int("ADGEN_CHUNK_SIZE", default=32)  # variants one chunk writes at most
ADGEN_LEASE_SECONDS = env.float("ADGEN_LEASE_SECONDS", default=30.0)
ADGEN_MAX_ATTEMPTS = env.int("ADGEN_MAX_ATTEMPTS", default=4)
ADGEN_REPUBLISH_SECONDS = env.float("ADGEN_REPUBLISH_SECONDS", default=5.0 if ADGEN_EMBEDDED else 30.0)
ADGEN_SWEEP_SECONDS = env.float("ADGEN_SWEEP_SECONDS", default=1.0 if ADGEN_EMBEDDED else 5.0)
ADGEN_COUNT_SECONDS = env.float("ADGEN_COUNT_SECONDS", default=60.0)  # between two counts for the dashboard
ADGEN_CLAIM_SECONDS = env.int("ADGEN_CLAIM_SECONDS", default=300)  # a reviewer's claim on a variant
ADGEN_GOLD_REST_DAYS = env.int("ADGEN_GOLD_REST_DAYS", default=30)  # until a person meets a gold item again

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"adgen": {"handlers": ["stderr"], "level": env.str("ADGEN_LOG_LEVEL", default="INFO")}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
