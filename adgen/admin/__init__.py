"""The admin site: one module per group of pages."""

from adgen.admin import brands, briefs, users, variants, work

__all__ = ["brands", "briefs", "users", "variants", "work"]
