"""Links and images to anywhere but the account's own list of hosts."""

from collections.abc import Iterator

from agent.inspection import Inspection, note_at_most, withhold
from agent.model import Finding
from agent.policy.terms import Policy
from agent.text.links import allowed, find, url_host


def check(seen: Inspection) -> Iterator[Finding]:
    """Object to a host off the list; one that a page itself names only bars the public."""
    hosts = listed(seen.policy, *(one.url for one in seen.draft.documents if one.quotable))
    away = {one.host for one in find(seen.told) if not one.mail and not allowed(one.host, hosts)}
    paged = {one.host for page in seen.shelf for one in find(page)} if away else set()
    if away - paged:
        yield withhold("foreign_link", "it points to a host that is not on the list")
    elif away:
        yield note_at_most(
            "foreign_link", "it points to a host that only a page names, not the list"
        )


def listed(policy: Policy, *urls: str | None) -> tuple[str, ...]:
    """Return where links may point: the policy's hosts, the portal's, and the pages cited."""
    cited = tuple(host for url in urls if (host := url_host(url)))
    return (*policy.link_hosts, *policy.portal_hosts, *cited)
