"""A course's script in chapters and sentences, with the translations of each sentence. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callsheet.briefs.course import CourseBrief
from callsheet.errors import BriefError, Fault
from callsheet.media.speech.narration import sentences_of

USUAL_CHAPTER = 100
"""Seconds of a chapter where the brief doesn't divide its script. Ours."""
FEWEST, MOST = 3, 24
"""Chapters: a player shows no fewer than three (support.google.com/youtube/answer/9884579, read 2026-11-22)."""
_HEADING = re.compile(r"^#{1,3}\s+(.+?)\s*#*\s*$")


@dataclass(frozen=True)
class ScriptSentence:
    """A sentence as written; `closing` where a paragraph ends with it. `translations` are by language."""

    text: str
    closing: bool
    translations: Mapping[str, str]


@dataclass(frozen=True)
class ScriptChapter:
    title: str
    sentences: tuple[ScriptSentence, ...]


def chapters_of(brief: CourseBrief, untitled: str) -> tuple[ScriptChapter, ...]:
    """The chapters of a brief; `untitled` names one without a title, such as "Part {number}".

    A script is divided at its headings; without them at blank lines, or else between sentences, into as many chapters
    as the duration asks for. Raises `BriefError` for fewer than three, an empty one, or a translation that has not as
    many sentences as the script.
    """
    divided = _divided(brief, untitled)
    empty = next((title for title, sentences in divided if not sentences), None)
    if empty is not None:
        raise BriefError([Fault("chapters", empty, "there must be words to speak in every chapter")])
    if len(divided) < FEWEST:
        allowed = f"at least {FEWEST} are needed, each with a sentence of its own"
        raise BriefError([Fault("script", f"{len(divided)} chapters", allowed)])
    whole = [sentence for _, sentences in divided for sentence in sentences]
    others = {language: _translated(language, text, len(whole)) for language, text in brief.translations.items()}
    made, at = [], 0
    for title, sentences in divided:
        said = tuple(
            ScriptSentence(
                _plain(sentence),
                sentence.endswith("\n"),
                {language: _plain(lines[at + number]) for language, lines in others.items()},
            )
            for number, sentence in enumerate(sentences)
        )
        at += len(said)
        made.append(ScriptChapter(title, said))
    return tuple(made)


def _divided(brief: CourseBrief, untitled: str) -> list[tuple[str, tuple[str, ...]]]:
    if brief.chapters:
        return [(chapter.title, _sentences(chapter.script, brief.language)) for chapter in brief.chapters]
    if brief.script is None:
        raise BriefError([Fault("script_file", str(brief.script_file), "it is read where the brief is a file")])
    headed = _at_headings(brief.script)
    if headed:
        return [
            (title or untitled.format(number=number), _sentences(text, brief.language))
            for number, (title, text) in enumerate(headed, 1)
        ]
    count = max(FEWEST, min(12, round(brief.duration / USUAL_CHAPTER)))
    paragraphs = [_sentences(text, brief.language) for text in _paragraphs(brief.script)]
    if len(paragraphs) < count:
        paragraphs = [(sentence,) for paragraph in paragraphs for sentence in paragraph]
    groups = _grouped(paragraphs, min(count, len(paragraphs)))
    return [(untitled.format(number=number), group) for number, group in enumerate(groups, 1)]


def _at_headings(script: str) -> list[tuple[str, str]]:
    """(title, text) of each part under a heading; what stands before the first has no title. Empty without headings."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for line in script.splitlines():
        heading = _HEADING.match(line)
        if heading:
            parts.append((heading.group(1), []))
        else:
            parts[-1][1].append(line)
    if len(parts) == 1:
        return []
    found = [(title, "\n".join(lines)) for title, lines in parts]
    return found if found[0][1].strip() else found[1:]


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n[^\S\n]*\n", text) if part.strip()]


def _sentences(text: str, language: str) -> tuple[str, ...]:
    """Lines of one paragraph belong together; a blank line ends it."""
    space = "" if language.startswith("zh") else " "
    joined = (space.join(line.strip() for line in part.splitlines() if line.strip()) for part in _paragraphs(text))
    return sentences_of("\n".join(joined))


def _translated(language: str, text: str, count: int) -> tuple[str, ...]:
    lines = [line for line in text.splitlines() if not _HEADING.match(line)]
    found = _sentences("\n".join(lines), language)
    if len(found) != count:
        allowed = f"the script has {count}: it is translated sentence for sentence"
        raise BriefError([Fault(f"translations.{language}", f"{len(found)} sentences", allowed)])
    return found


def _grouped(parts: Sequence[tuple[str, ...]], count: int) -> list[tuple[str, ...]]:
    """The parts in `count` runs of about the same length of text, none empty."""
    lengths = [sum(map(len, part)) for part in parts]
    total, groups, at, done = sum(lengths), [], 0, 0
    for number in range(1, count + 1):
        end, last = at + 1, len(parts) - (count - number)
        done += lengths[at]
        while end < last and (number == count or done + lengths[end] / 2 <= total * number / count):
            done += lengths[end]
            end += 1
        groups.append(tuple(sentence for part in parts[at:end] for sentence in part))
        at = end
    return groups


def _plain(sentence: str) -> str:
    return " ".join(sentence.split())
