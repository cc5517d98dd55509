"""The directives: a question, its parts, and a list of questions."""

import re
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import docname_join, logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import OptionSpec

from interview.domain import LEVELS, Query
from interview.nodes import question_list

logger = logging.getLogger(__name__)

# Each part with the word readers see.
PARTS = {
    "brief": "一句话",
    "details": "详解",
    "followup": "追问",
    "pitfall": "易错",
    "sources": "出处",
}
ONCE = {"brief", "details", "sources"}

# What docutils makes of a label: any other would get a different anchor.
LABEL = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

# What a reader does not see; docutils has reported the messages.
NOTHING = (nodes.Invisible, nodes.system_message)


class InterviewDirective(SphinxDirective):
    """What the directives share: they report, and go on."""

    def problem(
        self, message: str, subtype: str, at: nodes.Node | None = None
    ) -> None:
        """Report wrong input with its file and line."""
        has_line = at is not None and at.line is not None
        logger.warning(
            "%s: %s",
            short_name(self.name),
            message,
            location=at if has_line else self.get_location(),
            type="interview",
            subtype=subtype,
        )

    def level(self) -> str:
        """The level asked for, or nothing."""
        level = self.options.get("level", "").strip()
        if level and level not in LEVELS:
            known = ", ".join(LEVELS)
            self.problem(f"no level {level!r}; known: {known}", "level")
            return ""
        return level

    def topics(self) -> list[str]:
        """The known topics among those given."""
        given = re.split(r"[,，、\s]+", self.options.get("topics", ""))
        known = self.config.interview_topics
        topics: list[str] = []
        for topic in filter(None, given):
            if topic not in known:
                names = ", ".join(known)
                self.problem(f"no topic {topic!r}; known: {names}", "topic")
            elif topic in topics:
                self.problem(f"the topic {topic!r} twice", "topic")
            else:
                topics.append(topic)
        return topics


class QuestionDirective(InterviewDirective):
    """A question with its answer in parts.

    It makes a section, so that the contents, the search and the bookmarks
    of the PDF take each question as a unit.
    """

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec] = {
        "label": directives.unchanged,
        "level": directives.unchanged,
        "topics": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        parent = self.state_machine.node
        if not isinstance(parent, (nodes.document, nodes.section)):
            self.problem("stands inside another directive or block", "place")
            return []
        section = nodes.section(classes=["interview-question"])
        self.set_source_info(section)
        label = self.label()
        section["interview_question"] = label
        section["interview_level"] = self.level()
        section["interview_topics"] = self.topics()
        for option in ("level", "topics"):
            if not self.options.get(option, "").strip():
                self.problem(f"has no :{option}:", option.rstrip("s"))
        title, messages = self.parse_inline(
            self.arguments[0], lineno=self.lineno
        )
        heading = nodes.title(self.arguments[0], "", *title)
        self.set_source_info(heading)
        section += heading
        if label:
            section["ids"].append(label)
            section["names"].append(label)
            self.state.document.note_explicit_target(section, section)
        else:
            self.state.document.note_implicit_target(section, section)
        section += self.meta(section)
        section += self.answer()
        section += messages
        return [section]

    def label(self) -> str:
        """The label, or nothing if there is none or it cannot be used."""
        label = self.options.get("label", "").strip()
        if not label:
            self.problem("has no :label:", "label")
        elif not LABEL.fullmatch(label):
            self.problem(
                f"the label {label!r} must be Latin letters in lower case "
                "and digits, joined by single hyphens, a letter first",
                "label",
            )
        elif label in self.state.document.ids:
            self.problem(f"the label {label!r} is taken on this page", "label")
        else:
            return label
        return ""

    def meta(self, section: nodes.section) -> nodes.container:
        """The line of small badges: level and topics."""
        level = section["interview_level"]
        names = self.config.interview_topics
        topics = [names[topic] for topic in section["interview_topics"]]
        line = nodes.paragraph()
        if level:
            line += level_badge(level)
        for place, name in enumerate(topics):
            # A full-width space: XeTeX drops a narrow one in Chinese text.
            line += nodes.Text("、" if place else "\u3000")
            line += nodes.inline(name, name, classes=["interview-topic"])
        return nodes.container("", line, classes=["interview-meta"])

    def answer(self) -> nodes.container:
        """The parts, after the check that they are all there."""
        answer = nodes.container(
            classes=["interview-answer"], interview_answer=True
        )
        self.set_source_info(answer)
        self.state.nested_parse(self.content, self.content_offset, answer)
        count = dict.fromkeys(PARTS, 0)
        for child in answer.children:
            if part := child.get("interview_part"):
                count[part] += 1
            elif not isinstance(child, NOTHING):
                text = " ".join(child.astext().split())
                self.problem(f"outside a part: {text[:40]!r}", "part", child)
        for part, word in PARTS.items():
            if not count[part]:
                self.problem(f"has no {part} ({word})", "part")
            elif count[part] > 1 and part in ONCE:
                self.problem(f"has more than one {part} ({word})", "part")
        return answer


class PartDirective(InterviewDirective):
    """A part of an answer."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        part = short_name(self.name)
        if "interview_answer" not in self.state_machine.node:
            self.problem("stands outside a question", "place")
            return []
        container = nodes.container(
            classes=["interview-part", f"interview-{part}"],
            interview_part=part,
        )
        self.set_source_info(container)
        container += self.heading(part)
        self.state.nested_parse(self.content, self.content_offset, container)
        if all(isinstance(node, NOTHING) for node in container.children[1:]):
            self.problem("is empty", "part")
        return [container]

    def heading(self, part: str) -> nodes.paragraph:
        """The line that says what the part is."""
        word = PARTS[part] + ("：" if self.arguments else "")
        bold = nodes.strong()
        bold += nodes.inline(word, word, classes=["interview-kind"])
        messages: list[nodes.system_message] = []
        if self.arguments:
            about, messages = self.parse_inline(
                self.arguments[0], lineno=self.lineno
            )
            bold += nodes.inline("", "", *about, classes=["interview-about"])
        line = nodes.paragraph("", "", bold, classes=["interview-label"])
        self.set_source_info(line)
        line += messages
        return line


class PartWithArgument(PartDirective):
    """A part about something: a further question, a wrong statement."""

    required_arguments = 1
    final_argument_whitespace = True


class QuestionsDirective(InterviewDirective):
    """A list of the questions on any of the topics, of the level, of a page.

    The page is named as in a toctree. The domain reports a list of nothing.
    """

    option_spec: ClassVar[OptionSpec] = {
        "level": directives.unchanged_required,
        "page": directives.unchanged_required,
        "topics": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        page = self.options.get("page", "")
        if page:
            page = docname_join(self.env.docname, page)
        query = Query(tuple(self.topics()), self.level(), page, self.lineno)
        marker = question_list(query=query, docname=self.env.docname)
        self.set_source_info(marker)
        return [marker]


def short_name(name: str) -> str:
    """The name of a directive as pages write it."""
    return name.rpartition(":")[2]


def level_badge(level: str) -> nodes.inline:
    """The small word that says how hard a question is."""
    rank = LEVELS.index(level) + 1
    return nodes.inline(
        level, level, classes=["interview-level", f"interview-level-{rank}"]
    )


DIRECTIVES = {
    "question": QuestionDirective,
    "questions": QuestionsDirective,
    **{
        part: PartDirective if part in ONCE else PartWithArgument
        for part in PARTS
    },
}
