"""The admin site: one module per group of pages."""

from adgen.admin import brands, briefs, screens, users, variants, work

__all__ = ["brands", "briefs", "screens", "users", "variants", "work"]
