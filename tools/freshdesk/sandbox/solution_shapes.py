"""Help-centre categories, folders and articles as Freshdesk prints them."""

from tools.freshdesk.sandbox.clock import stamp
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.html import flat
from tools.freshdesk.sandbox.records import Article, Json, Shelf

_NOT_FOUND = {"hierarchy", "platforms"}
_LANGUAGES = ("en", "de", "fr", "es")


def category(it: Shelf) -> Json:
    """Render a category. Source: https://developers.freshdesk.com/api/#solution_category_attributes."""
    return {
        "id": it.id,
        "name": it.name,
        "description": it.description,
        "visible_in_portals": [],
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
    }


def folder(desk: Desk, it: Shelf) -> Json:
    """Render a folder. Source: https://developers.freshdesk.com/api/#solution_folder_attributes."""
    return {
        "id": it.id,
        "name": it.name,
        "description": it.description,
        "visibility": it.visibility,
        "company_ids": [],
        "contact_segment_ids": [],
        "company_segment_ids": [],
        "category_id": it.category_id,
        "parent_folder_id": it.parent_folder_id,
        "articles_count": sum(
            1 for article in desk.articles.values() if article.folder_id == it.id
        ),
        "sub_folders_count": sum(
            1 for other in desk.folders.values() if other.parent_folder_id == it.id
        ),
        "hierarchy": _hierarchy(desk, it),
        "article_order": 1,
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
    }


def _hierarchy(desk: Desk, it: Shelf) -> list[Json]:
    shelves: list[tuple[str, Shelf]] = []
    if it.category_id in desk.categories:
        shelves.append(("category", desk.categories[it.category_id]))
    if it.parent_folder_id in desk.folders:
        shelves.append(("folder", desk.folders[it.parent_folder_id]))
    return [
        {
            "level": level,
            "type": kind,
            "data": {
                "id": shelf.id,
                "name": shelf.name,
                "language": desk.account.get("primary_language", "en"),
            },
        }
        for level, (kind, shelf) in enumerate(shelves)
    ]


def article(desk: Desk, it: Article) -> Json:
    """Render an article; who may see it, only its folder tells.

    Source: https://developers.freshdesk.com/api/#solution_article_attributes
    """
    home = desk.folders.get(it.folder_id)
    hierarchy: list[Json] = []
    if home is not None:
        own = {
            "id": home.id,
            "name": home.name,
            "language": desk.account.get("primary_language", "en"),
        }
        above = _hierarchy(desk, home)
        hierarchy = [*above, {"level": len(above), "type": "folder", "data": own}]
    return {
        "id": it.id,
        "type": it.type,
        "category_id": home.category_id if home else None,
        "folder_id": it.folder_id,
        "hierarchy": hierarchy,
        "thumbs_up": it.thumbs_up,
        "thumbs_down": it.thumbs_down,
        "hits": it.hits,
        "tags": list(it.tags),
        "seo_data": {"meta_title": it.title, "meta_keywords": "", **it.seo_data},
        "agent_id": it.agent_id,
        "title": it.title,
        "description": it.description,
        "description_text": flat(it.description),
        "status": it.status,
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "attachments": [],
        "cloud_files": [],
        "suggested": 0,
        "feedback_count": 0,
        "platforms": [],
    }


def article_found(desk: Desk, it: Article) -> Json:
    """Render an article as the search shows it: where it lies, and in which language."""
    home = desk.folders.get(it.folder_id)
    shelf = desk.categories.get(home.category_id or 0) if home else None
    language = str(desk.account.get("primary_language", "en"))
    known = [*dict.fromkeys((language, *_LANGUAGES))]
    # Strictly typed clients read these results, and fail on the place in the tree.
    shown = {name: value for name, value in article(desk, it).items() if name not in _NOT_FOUND}
    return {
        **shown,
        "folder_visibility": home.visibility if home else None,
        "category_name": shelf.name if shelf else None,
        "folder_name": home.name if home else None,
        "path": f"{it.id}-{'-'.join(it.title.lower().split())}",
        "modified_at": stamp(it.updated_at),
        "modified_by": it.agent_id,
        "language_id": known.index(language) + 6,
        "language": language,
    }
