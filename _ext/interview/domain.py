"""The domain of the questions: what is known about them, and who shows it.

Everything is kept by document, so that a changed page replaces exactly its
own share, and a worker's share can be merged.
"""

import difflib
import hashlib
import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.domains import Domain, ObjType
from sphinx.environment import BuildEnvironment
from sphinx.roles import XRefRole
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from interview.nodes import question_list, question_sections

logger = logging.getLogger(__name__)

LEVELS = ("基础", "进阶", "深入")


@dataclass(frozen=True)
class Question:
    """A question, as others refer to it."""

    label: str
    title: str
    level: str
    topics: tuple[str, ...]
    docname: str
    lineno: int
    order: int  # the place on its page, from 0
    heading: nodes.title = field(repr=False, compare=False)

    def shown(self) -> tuple[str, ...]:
        """All that a link to the question or a list of them prints."""
        return (self.label, self.docname, self.level, self.heading.pformat())


@dataclass(frozen=True)
class Query:
    """What a list asks for: any of the topics, the level, the page."""

    topics: tuple[str, ...] = ()
    level: str = ""
    page: str = ""
    lineno: int = 0

    def __str__(self) -> str:
        wanted = [", ".join(self.topics), self.level, self.page]
        return " / ".join(part for part in wanted if part) or "all"


@dataclass(frozen=True)
class View:
    """What a page shows of the questions: links by label, and lists."""

    labels: tuple[str, ...]
    queries: tuple[Query, ...]


class Catalogue:
    """All questions, in reading order, and the ways to find one."""

    def __init__(self, questions: Iterable[Question]):
        self.questions = list(questions)
        self.by_label: dict[str, Question] = {}
        self.twice: list[tuple[Question, Question]] = []
        self._rank: dict[str, int] = {}
        # By topic, level and page; the empty string is any.
        self._lists: dict[tuple[str, str, str], list[Question]] = {}
        for question in self.questions:
            first = self.by_label.setdefault(question.label, question)
            if first is not question:
                self.twice.append((first, question))
                continue
            self._rank[question.label] = len(self._rank)
            for key in product(
                ("", *question.topics),
                ("", question.level),
                ("", question.docname),
            ):
                self._lists.setdefault(key, []).append(question)

    def find(self, query: Query) -> list[Question]:
        """The questions a list shows: it costs what it shows."""
        found = {
            question.label: question
            for topic in query.topics or ("",)
            for question in self._lists.get(
                (topic, query.level, query.page), ()
            )
        }
        return sorted(found.values(), key=lambda q: self._rank[q.label])

    def nearest(self, label: str) -> str | None:
        """The known label that looks most like this one."""
        close = difflib.get_close_matches(label, self.by_label, n=1)
        return close[0] if close else None


def detached(node: nodes.title) -> nodes.title:
    """A copy that does not drag the whole document into the environment."""
    copy = node.deepcopy()
    for part in copy.findall():
        part.document = None
    return copy


def reading_order(env: BuildEnvironment) -> list[str]:
    """The documents as the table of contents leads through them."""
    order: dict[str, None] = {}
    waiting = [env.config.root_doc]
    while waiting:
        docname = waiting.pop()
        if docname not in order:
            order[docname] = None
            waiting.extend(reversed(env.toctree_includes.get(docname, ())))
    # Orphans come last.
    return [*order, *sorted(set(env.all_docs) - set(order))]


class InterviewDomain(Domain):
    """Questions and answers."""

    name = "interview"
    label = "interview questions"
    object_types = {"question": ObjType("question", "question")}  # noqa: RUF012
    roles = {  # noqa: RUF012
        "question": XRefRole(innernodeclass=nodes.inline, warn_dangling=True)
    }
    initial_data = {"questions": {}, "views": {}, "shown": {}}  # noqa: RUF012
    data_version = 2

    _catalogue: Catalogue | None = None

    @property
    def questions(self) -> dict[str, list[Question]]:
        """The questions of each document."""
        return self.data["questions"]

    @property
    def views(self) -> dict[str, View]:
        """What each document that links to or lists questions shows."""
        return self.data["views"]

    @property
    def catalogue(self) -> Catalogue:
        """All questions. Made once after reading, not once a list."""
        if self._catalogue is None:
            self._catalogue = Catalogue(
                question
                for docname in reading_order(self.env)
                for question in self.questions.get(docname, ())
            )
        return self._catalogue

    # -- Reading -----------------------------------------------------------

    def clear_doc(self, docname: str) -> None:
        self._catalogue = None
        self.questions.pop(docname, None)
        self.views.pop(docname, None)
        # "shown" stays: it is what the written page shows.

    def merge_domaindata(
        self, docnames: Set[str], otherdata: dict[str, Any]
    ) -> None:
        self._catalogue = None
        for kind in ("questions", "views"):
            for docname in docnames:
                if docname in otherdata[kind]:
                    self.data[kind][docname] = otherdata[kind][docname]

    def process_doc(
        self, env: BuildEnvironment, docname: str, document: nodes.document
    ) -> None:
        self._catalogue = None
        found = [
            self._question(section, docname, order)
            for order, section in enumerate(question_sections(document))
            if section["interview_question"]
        ]
        if found:
            self.questions[docname] = found
        labels: set[str] = set()
        queries: list[Query] = []
        for node in document.findall(nodes.Element):
            if isinstance(node, addnodes.pending_xref):
                if node.get("refdomain") == self.name:
                    labels.add(node["reftarget"])
            elif isinstance(node, question_list):
                queries.append(node["query"])
        if labels or queries:
            self.views[docname] = View(tuple(sorted(labels)), tuple(queries))

    @staticmethod
    def _question(
        section: nodes.section, docname: str, order: int
    ) -> Question:
        heading = section.next_node(nodes.title)
        assert heading is not None
        return Question(
            label=section["interview_question"],
            title=re.sub(r"\s+", " ", heading.astext()),
            level=section["interview_level"],
            topics=tuple(section["interview_topics"]),
            docname=docname,
            lineno=section.line,
            order=order,
            heading=detached(heading),
        )

    # -- Checking, after all is read ---------------------------------------

    def check_consistency(self) -> None:
        for first, second in self.catalogue.twice:
            logger.warning(
                "the label %r names two questions; the other is in %s:%s",
                second.label,
                self.env.doc2path(first.docname, base=False),
                first.lineno,
                location=(second.docname, second.lineno),
                type="interview",
                subtype="label",
            )
        for docname, view in sorted(self.views.items()):
            for query in view.queries:
                if not self.catalogue.find(query):
                    logger.warning(
                        "no question to list here (%s)",
                        query,
                        location=(docname, query.lineno),
                        type="interview",
                        subtype="list",
                    )

    # -- Showing -----------------------------------------------------------

    def digest(self, view: View) -> str:
        """A page shows the same questions as before if this is the same."""
        known = self.catalogue.by_label
        linked = [
            known[label].shown() if label in known else (label,)
            for label in view.labels
        ]
        listed = [
            [question.shown() for question in self.catalogue.find(query)]
            for query in view.queries
        ]
        return hashlib.sha256(repr((linked, listed)).encode()).hexdigest()

    def outdated(self) -> list[str]:
        """The pages whose links or lists are no longer what they show."""
        before = self.data["shown"]
        now = {name: self.digest(view) for name, view in self.views.items()}
        self.data["shown"] = now
        return sorted(n for n in now if n in before and now[n] != before[n])

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        for question in self.catalogue.by_label.values():
            yield (
                question.label,
                question.title,
                "question",
                question.docname,
                question.label,
                1,
            )

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: addnodes.pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        question = self.catalogue.by_label.get(target)
        if question is None:
            return None
        text = contnode
        if not node.get("refexplicit"):
            title = question.heading.deepcopy().children
            text = nodes.inline("", "", *title)
        return make_refnode(
            builder, fromdocname, question.docname, question.label, text
        )

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: addnodes.pending_xref,
        contnode: nodes.Element,
    ) -> list[tuple[str, nodes.reference]]:
        found = self.resolve_xref(
            env, fromdocname, builder, "question", target, node, contnode
        )
        return [("interview:question", found)] if found else []


def has_lists(env: BuildEnvironment, docname: str) -> bool:
    """Whether a page lists questions, without walking through the page."""
    view = interview(env).views.get(docname)
    return view is not None and bool(view.queries)


def interview(env: BuildEnvironment) -> InterviewDomain:
    """The domain of an environment, with its type."""
    domain = env.domains["interview"]
    assert isinstance(domain, InterviewDomain)
    return domain


def rewrite_outdated(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the pages again that list or link to what has changed."""
    return interview(env).outdated()


def suggest_label(
    app: Sphinx, domain: Domain | None, node: addnodes.pending_xref
) -> bool | None:
    """Say which question may have been meant by an unknown label."""
    if not isinstance(domain, InterviewDomain):
        return None
    target = node["reftarget"]
    nearest = domain.catalogue.nearest(target)
    hint = f"; did you mean {nearest!r}?" if nearest else ""
    logger.warning(
        "no question has the label %r%s",
        target,
        hint,
        location=node,
        type="interview",
        subtype="reference",
    )
    return True
