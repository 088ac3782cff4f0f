"""What children, parents, carers and partners say: whom the authority asks and what they answer, offers of an advocate, and WebStar scores."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestration.synthetic import quality_assurance
from orchestration.synthetic.authority import plain
from orchestration.synthetic.chance import stable_number
from orchestration.synthetic.days import age_on, as_date, day_number, month_number, month_start
from orchestration.synthetic.rows import BLANK, Array, Rows, Words, choose, run_numbers, stack, word, words_of, yes_no
from orchestration.synthetic.scenario import VoicePart
from orchestration.synthetic.spells import known, until, where
from orchestration.synthetic.world import NOBODY

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

# the last digit of an opportunity's number says what it hangs on; answers have the number of their opportunity, but 0 marks the
# second answer at the end of a placement and 9 those to a survey
KINDS = {
    "closed_assessment": 1,
    "closed_case": 2,
    "ended_placement": 3,
    "case_file_audit": 4,
    "mid_way_audit": 5,
    "targeted_request": 6,
    "partner_request": 7,
    "survey_round": 8,
}
SECOND_ANSWER, SURVEY_ANSWER = 0, 9
EARLY_HELP, CHILD_IN_NEED, CHILD_PROTECTION = 1, 2, 3  # the last digit of an intervention's number: what it belongs to
CHILD, PARENT = 0, 1  # who scores a star


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The tables of the source as known on `day`, with what happened since `begins`."""
    asked = _opportunities(world, day, begins)
    answers = _answers(world, _responses(world, asked, day, begins))
    interventions = _interventions(world, day, begins)
    return {
        "feedback_questions": _questions(world.scenario.voice, day),
        "feedback_answer_meanings": _meanings(world.scenario.voice, day),
        "feedback_opportunities": _opportunity_rows(world, asked, day),
        "feedback": _feedback_rows(world, answers),
        "feedback_themes": _mentions(world, answers),
        "feedback_texts": _texts(world, answers, day),
        "identifying_words": _identifying_words(world, answers),
        "end_of_placement_feedback": _placement_rows(world, answers),
        "advocacy_offers": _advocacy(world, day, begins),
        "webstar_versions": _versions(world.scenario.voice, day),
        "webstar_areas": _areas(world.scenario.voice, day),
        "webstar_interventions": _intervention_rows(world, interventions, day),
        "webstar": _scores(world, interventions, day),
    }


# --- registers ----------------------------------------------------------------------------------------------------


def _questions(rules: VoicePart, day: int) -> Rows:
    """Every wording of every question known on `day`; the next wording ends the one before."""
    code, title, theme, start, end = [], [], [], [], []
    for name, question in rules.questions.items():
        begins = [day_number(d) for d in question.wording]
        code += [name] * len(begins)
        title += list(question.wording.values())
        theme += [question.theme] * len(begins)
        start += begins
        end += [b - 1 for b in begins[1:]] + [BLANK]
    rows = Rows(
        question=words_of(code),
        title=words_of(title),
        theme=words_of(theme),
        valid_from=np.array(start, dtype=np.int32),
        valid_to=np.array(end, dtype=np.int32),
    )
    return rows[rows.valid_from <= day]


def _meanings(rules: VoicePart, day: int) -> Rows:
    """What each answer means: the same for every question, and of a question whose form has answers of its own apart."""
    first = min(day_number(d) for q in rules.questions.values() for d in q.wording)
    told = [(None, name, name, first) for name in (*rules.answer, "not_answered")]
    for question, part in rules.questions.items():
        for begins, names in part.form.items():
            told += [(question, answer, meaning, day_number(begins)) for meaning, answer in names.items()]
    question, answer, meaning, start = zip(*told, strict=True)
    rows = Rows(
        question=words_of(question),
        answer=words_of(answer),
        meaning=words_of(meaning),
        valid_from=np.array(start, dtype=np.int32),
        valid_to=np.full(len(start), BLANK, dtype=np.int32),
    )
    return rows[rows.valid_from <= day]


def _version_days(rules: VoicePart) -> tuple[Array, Array]:
    """First and last day of each version of the star; a version lasts until the next one begins."""
    begins = [day_number(v.valid_from) for v in rules.webstar.versions.values()]
    return np.array(begins, dtype=np.int32), np.array([b - 1 for b in begins[1:]] + [BLANK], dtype=np.int32)


def _versions(rules: VoicePart, day: int) -> Rows:
    parts, (begins, ends) = rules.webstar.versions, _version_days(rules)
    rows = Rows(
        version=words_of(parts),
        title=words_of(v.title for v in parts.values()),
        smallest_area_change=np.array([v.smallest_area_change for v in parts.values()]),
        smallest_overall_change=np.array([v.smallest_overall_change for v in parts.values()]),
        valid_from=begins,
        valid_to=ends,
    )
    return rows[rows.valid_from <= day]


def _areas(rules: VoicePart, day: int) -> Rows:
    """Every area of every version of the star known on `day`."""
    star, count, versions = rules.webstar, len(rules.webstar.areas), tuple(rules.webstar.versions)
    begins, ends = _version_days(rules)
    titles, latest = [], {code: a.title for code, a in star.areas.items()}
    for version in versions:
        latest = {code: star.areas[code].renamed.get(version, title) for code, title in latest.items()}
        titles += list(latest.values())
    rows = Rows(
        area=words_of([*star.areas] * len(versions)),
        title=words_of(titles),
        area_order=np.tile(np.arange(1, count + 1, dtype=np.int32), len(versions)),
        scale_minimum=np.ones(count * len(versions), dtype=np.int32),
        scale_maximum=np.full(count * len(versions), star.highest, dtype=np.int32),
        valid_from=np.repeat(begins, count),
        valid_to=np.repeat(ends, count),
        version=words_of(np.repeat(versions, count).tolist()),
    )
    return rows[rows.valid_from <= day]


# --- whom the authority asks --------------------------------------------------------------------------------------


def _opportunities(world: World, day: int, begins: int) -> Rows:
    """Everything that gives an opportunity to ask, one row each, with when somebody is called and whether anybody is reached."""
    parts = [_of_events(world, kind, day, begins) for kind in ("closed_assessment", "closed_case", "ended_placement")]
    parts += [
        _of_case_file_audits(world, quality_assurance.audits_heard(world, day, begins)),
        _of_mid_way_audits(world, quality_assurance.mid_way_audits_heard(world, day, begins)),
        *(_of_requests(world, kind, day, begins) for kind in ("targeted_request", "partner_request")),
    ]
    return stack([*parts, _rounds(world, day, begins)])


def _of_events(world: World, kind: str, day: int, begins: int) -> Rows:
    """Closed assessments, closed cases and ended placements."""
    if kind == "closed_assessment":
        source, happened, event = world.assessments, world.assessments.authorised, world.assessments.assessment_id
        fits = np.ones(len(source), dtype=bool)
    elif kind == "closed_case":
        source, happened, event = world.episodes, world.episodes.closed, world.episodes.referral_id
        fits = np.zeros(len(source), dtype=bool)  # else the assessment's end was the case's
        fits[world.assessments.episode[world.assessments.in_need]] = True
    else:
        source, happened, event = world.placements, world.placements.end, world.placements.placement_id
        rules = world.scenario.voice
        fits = ~source.kind.isin(*rules.no_end_of_placement_form) & ~source.next_reason.isin(rules.stays_in_placement)
    rows = np.flatnonzero(fits & (happened >= begins) & (happened <= day))
    # the day before: on the day itself the case may be closed or with the next team
    return _opportunity(
        world, kind, plain(event[rows]), source.child[rows], happened[rows], happened[rows] - 1, event[rows]
    )


def _of_requests(world: World, kind: str, day: int, begins: int) -> Rows:
    """Requests: so many a year, each about a child whose case was open on the first of the month."""
    events = world.events_between(f"voice {kind}", world.scenario.voice.opportunities[kind].a_year, begins, day)
    child = world.somebody(f"voice {kind} child", world.statuses, events.day, events.key)
    events, child = events[child >= 0], child[child >= 0]
    first = month_start(month_number(events.day))
    return _opportunity(world, kind, events.key, child, events.day, first, np.full(len(events), -1, dtype=np.int64))


def _of_case_file_audits(world: World, audits: Rows) -> Rows:
    """Case file audits: the tracker says whether views were sought and obtained."""
    return _of_audits(world, "case_file_audit", audits).having(attempted=audits.sought, reached=audits.obtained)


def _of_mid_way_audits(world: World, audits: Rows) -> Rows:
    """Mid-way audits: only those who gave feedback in one can answer the questions."""
    rows = _of_audits(world, "mid_way_audit", audits)
    heard = audits.by_child | audits.by_parent | audits.by_carer
    return rows.having(reached=rows.reached & heard)


def _of_audits(world: World, kind: str, audits: Rows) -> Rows:
    """Opportunities of audits; one of those answers whose views the audit has."""
    share = world.scenario.voice.opportunities[kind].child_answers
    nobody_else = ~(audits.by_parent | audits.by_carer)
    child = audits.by_child & (nobody_else | world.chance.happens("voice by child", share, audits.number))
    said = choose(
        len(audits),
        (audits.asked.index >= 0, audits.asked),
        (child, "child"),
        (audits.by_parent, "parent"),
        (audits.by_carer, "carer"),
    )
    rows = _opportunity(world, kind, audits.number, audits.child, audits.day, audits.day, audits.event)
    return rows.having(person=audits.asked, said=said, service=audits.service, team=audits.team)


def _opportunity(
    world: World, kind: str, number: Array, child: Array, happened: Array, held: Array, event: Array
) -> Rows:
    """Opportunities of one kind; `held` is the day that tells whose case it is, `number` names the row in the kind."""
    rules, chance, count = world.scenario.voice, world.chance, len(number)
    part = rules.opportunities[kind]
    case = world.case_on(child, held)
    attempted = chance.happens(f"voice {kind} tried", part.attempted, number)
    adopter = chance.happens("voice adopter asked", rules.adopters_asked, number) & (kind == "targeted_request")
    partner = np.full(count, kind == "partner_request")
    return Rows(
        key=number * 10 + KINDS[kind],
        kind=word(kind, count),
        channel=word(part.channel, count),
        child=np.where(adopter | partner, NOBODY, child),
        case_child=child,
        day=happened.astype(np.int32),
        event=event,
        person=choose(count, (partner, "partner_agency"), (adopter, "adopter")),
        said=word(None, count),
        asked=np.full(count, BLANK, dtype=np.int32),
        called=chance.days_after(f"voice {kind} called", happened, part.called_after_cd, number),
        attempted=attempted,
        reached=attempted & chance.happens(f"voice {kind} reached", part.reached, number),
        child_answers=np.full(count, part.child_answers),
        away=case.status.isin("looked_after") | (kind == "ended_placement"),
        service=choose(count, (adopter, "adoption"), otherwise=case.service),
        team=choose(count, (adopter, _team(world, "adoption", held, number)), otherwise=case.team),
    )


def _team(world: World, service: str, days: Array, *keys: Any) -> Words:
    """A team of a service on each day."""
    desk = world.chance.between(f"voice desk of {service}", 0, 999, *keys)
    return world.organisation.team_at(service, desk, days)


def _rounds(world: World, day: int, begins: int) -> Rows:
    """The rounds of the survey, each one row with the number of people asked."""
    survey = world.scenario.voice.survey
    months = world.month_range(begins, day)
    months = months[np.isin(months % 12 + 1, survey.months)]
    days = world.day_in_month("voice survey", months)
    months, days = months[(days >= begins) & (days <= day)], days[(days >= begins) & (days <= day)]
    count, nobody = len(months), np.full(len(months), NOBODY, dtype=np.int64)
    asked = np.rint(survey.asked_a_year / len(survey.months) * world.factor)
    spread = world.chance.between("voice survey asked", 90, 110, months) / 100
    return Rows(
        key=months * 1_000_000 + KINDS["survey_round"],  # the month's only one
        kind=word("survey_round", count),
        channel=word("have_your_say", count),
        child=nobody,
        case_child=nobody,
        day=days,
        event=nobody,
        person=word(None, count),
        said=word(None, count),
        asked=np.maximum(np.rint(asked * spread), 1).astype(np.int32),
        called=days,
        attempted=np.ones(count, dtype=bool),
        reached=np.ones(count, dtype=bool),
        child_answers=np.full(count, survey.child_answers),
        away=np.zeros(count, dtype=bool),
        service=word(None, count),
        team=word(None, count),
    )


def _opportunity_rows(world: World, asked: Rows, day: int) -> Rows:
    return Rows(
        opportunity_id=world.ids(asked.key),
        child_id=world.child_ids(asked.child),
        channel=asked.channel,
        kind=asked.kind,
        opportunity_date=asked.day,
        event_id=asked.event,
        person_asked=asked.person,
        number_asked=asked.asked,
        attempted=known(yes_no(asked.attempted), asked.called, day),
        reached=known(yes_no(asked.reached), asked.called, day).blank_where(~asked.attempted),
        service_code=asked.service,
        team_code=asked.team,
    )


# --- what they answer ---------------------------------------------------------------------------------------------


def _responses(world: World, asked: Rows, day: int, begins: int) -> Rows:
    """Everybody who answers by `day`: those reached, at the end of a placement now and then two, and those of the survey."""
    rules, chance = world.scenario.voice, world.chance
    rows = asked[asked.reached & (asked.called <= day) & ~asked.kind.isin("survey_round")]
    child = np.maximum(rows.case_child, 0)
    age = age_on(world.children.born[child], rows.called)
    asks_family = rows.person.index < 0
    by_child = asks_family & (age >= rules.child_answers_from_age)
    by_child &= (age >= 18) | chance.happens("voice by child", rows.child_answers, rows.key)
    both = rows.kind.isin("ended_placement") & (age >= rules.child_answers_from_age)
    both &= chance.happens("voice both answer", rules.child_and_carer_answer, rows.key)
    repeats = 1 + both
    at, number = np.repeat(np.arange(len(rows)), repeats), run_numbers(repeats)
    grown = _grown_up(world, rows)[at]
    said = rows.said[at]  # where an audit tells who answers
    respondent = choose(len(at), (said.index >= 0, said), (by_child[at] != (number == 1), "child"), otherwise=grown)
    opportunity = rows.key[at]
    key = np.where(number == 0, opportunity, opportunity // 10 * 10 + SECOND_ANSWER)
    responses = rows[at].having(key=key, respondent=respondent, opportunity=opportunity)
    survey = _survey_responses(world, asked, day, begins)
    return stack([responses.only(*survey.columns), survey])


def _grown_up(world: World, rows: Rows) -> Words:
    """Which grown-up answers for a child: whoever cares for a child looked after, else a parent; or whoever was asked."""
    carer = rows.away & world.chance.happens("voice carer answers", world.scenario.voice.carer_answers, rows.key)
    carer |= rows.kind.isin("ended_placement")
    return choose(len(rows), (rows.person.index >= 0, rows.person), (carer, "carer"), otherwise="parent")


def _survey_responses(world: World, asked: Rows, day: int, begins: int) -> Rows:
    """Answers to the rounds of the survey, and those that somebody gave unasked; seldom with the child's number."""
    rules, chance = world.scenario.voice, world.chance
    survey = rules.survey
    rounds = asked[asked.kind.isin("survey_round")]
    counts = chance.count("voice survey answers", rounds.asked * survey.answered, rounds.key)
    at, number = np.repeat(np.arange(len(rounds)), counts), run_numbers(counts)
    unasked = world.events_between("voice unasked", survey.unasked_a_year, begins, day)
    key = np.concatenate([rounds.key[at] // 10 + number + 1, unasked.key + 50_000]) * 10 + SURVEY_ANSWER
    called = np.concatenate([rounds.day[at] + chance.between("voice survey wait", 1, 40, key[: len(at)]), unasked.day])
    opportunity = np.concatenate([rounds.key[at], np.full(len(unasked), -1, dtype=np.int64)])
    child = world.somebody("voice survey child", world.statuses, called, key)
    kept = np.flatnonzero((called <= day) & (child >= 0))
    key, called, opportunity, child = key[kept], called[kept], opportunity[kept], child[kept]
    case = world.case_on(child, month_start(month_number(called)))
    age = age_on(world.children.born[child], called)
    by_child = age >= rules.child_answers_from_age
    by_child &= (age >= 18) | chance.happens("voice survey by child", survey.child_answers, key)
    carer = case.status.isin("looked_after") & chance.happens("voice carer answers", rules.carer_answers, key)
    named = chance.happens("voice survey named", survey.named, key)
    return Rows(
        key=key,
        kind=word("survey_round", len(key)),
        channel=word("have_your_say", len(key)),
        child=np.where(named, child, NOBODY),
        called=called.astype(np.int32),
        event=np.full(len(key), -1, dtype=np.int64),
        day=called.astype(np.int32),
        respondent=choose(len(key), (by_child, "child"), (carer, "carer"), otherwise="parent"),
        opportunity=opportunity,
        service=case.service,
        team=case.team,
    )


def _answers(world: World, responses: Rows) -> Rows:
    """One row per response and question; the answers of one response are alike, and so are those about one team."""
    rules, chance = world.scenario.voice, world.chance
    questions = tuple(rules.questions)
    at = np.repeat(np.arange(len(responses)), len(questions))
    question = np.tile(np.arange(len(questions)), len(responses))
    rows = responses[at]
    mood = chance.normal("voice mood", 0, 1, responses.key) * np.sqrt(rules.answers_alike)
    mood += rules.team_spread * _standing(world, responses.team)
    drawn = chance.normal("voice answer", 0, np.sqrt(1 - rules.answers_alike), rows.key, question)
    drawn += mood[at] + np.array([q.lean for q in rules.questions.values()])[question]
    total = sum(rules.answer.values())
    lowest = NormalDist().inv_cdf(rules.answer["negative"] / total)
    middle = NormalDist().inv_cdf((rules.answer["negative"] + rules.answer["neutral"]) / total)
    silent = chance.happens("voice not answered", rules.not_answered, rows.key, question)
    answer = choose(
        len(rows),
        (silent, "not_answered"),
        (drawn < lowest, "negative"),
        (drawn < middle, "neutral"),
        otherwise="positive",
    )
    for place, part in enumerate(rules.questions.values()):
        for begins, names in part.form.items():
            own = (question == place) & (rows.called >= day_number(begins))
            answer = choose(
                len(rows), (own, answer.translated({"not_answered": "not_answered"} | names)), otherwise=answer
            )
    theme = words_of(q.theme for q in rules.questions.values())
    return rows.having(
        first=question == 0,
        question=Words(question.astype(np.int32), questions),
        answer=answer,
        theme=theme[question],
    )


def _standing(world: World, team: Words) -> Array:
    """A number for every team: how much better or worse than most it is thought of."""
    codes = np.array([stable_number(code) >> 1 for code in (*team.words, "")], dtype=np.int64)
    return world.chance.normal("voice team", 0, 1, codes)[team.index]


def _feedback_rows(world: World, answers: Rows) -> Rows:
    rules, chance = world.scenario.voice, world.chance
    partner = answers.respondent.isin("partner_agency")
    return Rows(
        response_id=world.ids(answers.key),
        question=answers.question,
        child_id=world.child_ids(answers.child),
        channel=answers.channel,
        respondent=answers.respondent,
        response_date=answers.called,
        service_code=answers.service,
        team_code=answers.team,
        answer=answers.answer,
        theme=answers.theme,
        opportunity_id=world.ids(answers.opportunity),
        agency=chance.pick("voice agency", rules.agencies, answers.key).blank_where(~partner),
    )


def _mentions(world: World, answers: Rows) -> Rows:
    """The themes each coded response mentions."""
    rules, chance = world.scenario.voice, world.chance
    coded = answers[answers.first]
    coded = coded[chance.happens("voice coded", rules.responses_coded, coded.key)]
    themes = tuple(rules.themes)
    share = np.array(list(rules.themes.values()))
    drawn = chance.uniform("voice theme", coded.key[:, None], np.arange(len(themes))[None, :])
    mentioned = drawn < share[None, :]
    # a coded response has at least one theme: the nearest
    mentioned[np.arange(len(coded)), np.argmin(drawn / share[None, :], axis=1)] = True
    response, theme = np.nonzero(mentioned)
    return Rows(response_id=world.ids(coded.key[response]), theme=Words(theme.astype(np.int32), themes))


# --- what they say in their own words -------------------------------------------------------------------------------


def _texts(world: World, answers: Rows, day: int) -> Rows:
    """Texts with the answer about being quoted; some name the child, so that the check of quotations has something to find."""
    rules, chance = world.scenario.voice.texts, world.chance
    said = answers[answers.first]
    said = said[chance.happens("voice text", rules.said, said.key)]
    counts = 1 + chance.happens("voice second text", rules.said_more, said.key)
    rows, number = said[np.repeat(np.arange(len(said)), counts)], run_numbers(counts)
    key = rows.key * 10 + number
    by_child = rows.respondent.isin("child")
    plain_words = choose(
        len(rows),
        (by_child, chance.pick("voice child said", dict.fromkeys(rules.child, 1.0), key)),
        otherwise=chance.pick("voice grown-up said", dict.fromkeys(rules.grown_up, 1.0), key),
    )
    planted = chance.pick("voice text names", rules.planted, key).blank_where(rows.child < 0)
    told, kind, child = plain_words.strings(), planted.strings(), np.maximum(rows.child, 0)
    named = _names_of(world, child)
    sentence = [
        f"{t} {rules.names[k].format(w[k])}" if k in rules.names else t
        for t, k, w in zip(told, kind, named, strict=True)
    ]
    consent = chance.pick("voice consent", rules.consent, key)
    given = consent.isin("given")
    withdrawn = given & chance.happens("voice consent withdrawn", rules.withdrawn, key)
    later = chance.days_after("voice consent withdrawn on", rows.called, rules.withdrawn_after_cd, key)
    return Rows(
        response_id=world.ids(rows.key),
        text_number=(number + 1).astype(np.int32),
        answer_text=words_of(sentence),
        consent=consent.blank_where(consent.isin("not_recorded")),
        consent_date=where(given, rows.called),
        consent_withdrawn_date=where(withdrawn & (later <= day), later),
    )


def _names_of(world: World, child: Array) -> list[dict[str, str]]:
    """For each child the words that would name it: `name`, `family_name`, `parent_name`, `address`, `school`, and the `postcode`
    and `telephone` and `birth_date` as a family would write them."""
    # numbers that never change; positions do when more children come
    chance, names, own, family = (
        world.chance,
        world.scenario.names,
        world.children.serial[child],
        plain(world.children.family_id[child]),
    )

    def drawn(purpose: str, words: tuple[str, ...], key: Array) -> list[str]:
        return chance.pick(f"voice {purpose}", dict.fromkeys(words, 1.0), key).strings().tolist()

    given, surname = drawn("name of child", names.given, own), drawn("name of family", names.family, family)
    parent, street = drawn("name of parent", names.given, family), drawn("street", names.family, family)
    house, school = chance.between("voice house", 1, 98, family).tolist(), drawn("school", names.family, own)
    postcode = drawn("postcode", world.scenario.population.postcodes, family)
    born = [as_date(int(n)) for n in world.children.born[child]]
    return [
        {
            "name": n, "family_name": s, "parent_name": p, "address": f"{h} {r} Lane", "school": f"{c} Primary School", "postcode": z,
            "telephone": "01632 960123", "birth_date": f"{b.day} {b:%B} {b.year}",
        }
        for n, s, p, h, r, c, z, b in zip(given, surname, parent, house, street, school, postcode, born, strict=True)
    ]  # fmt: skip


def _identifying_words(world: World, answers: Rows) -> Rows:
    """Names, address and school of every child about whom something was said; of a few nothing is given."""
    rules = world.scenario.voice.texts
    child = np.unique(answers.child[answers.child >= 0])
    child = child[np.argsort(world.children.serial[child])]
    child = child[~world.chance.happens("voice names not known", rules.names_not_known, world.children.serial[child])]
    told = [
        (kind, w[word])
        for w in _names_of(world, child)
        for kind, word in (("name", "name"), ("name", "family_name"), ("name", "parent_name"), ("address", "address"), ("school", "school"))
    ]  # fmt: skip
    rows = Rows(
        child_id=world.child_ids(np.repeat(child, 5)),
        kind=words_of(kind for kind, _ in told),
        identifying_words=words_of(text for _, text in told),
    )
    # a parent of the same name as the child is one row
    once = {(c, *pair): n for n, (c, pair) in reversed(list(enumerate(zip(rows.child_id.tolist(), told, strict=True))))}
    return rows[np.array(sorted(once.values()), dtype=np.int64)]


def _placement_rows(world: World, answers: Rows) -> Rows:
    """The same answers as the form at the end of a placement shows them."""
    rows = answers[answers.kind.isin("ended_placement")]
    return Rows(
        placement_id=rows.event,
        child_id=world.child_ids(rows.child),
        ended_date=rows.day,
        received_date=rows.called,
        respondent=rows.respondent,
        question=rows.question,
        answer=rows.answer,
        theme=rows.theme,
    )


# --- advocates ----------------------------------------------------------------------------------------------------


def _advocacy(world: World, day: int, begins: int) -> Rows:
    """Offers to children with a child protection plan or looked after: soon after the start, then every year."""
    parts = [
        _offers(world, "cp", world.plans.cp_plan_id, world.plans, day),
        _offers(world, "cla", world.care.cla_id, world.care, day),
    ]
    rows = stack(parts)
    born = world.children.born[rows.child]
    age = age_on(born, rows.day)
    rules, chance = world.scenario.voice.advocacy, world.chance
    rows = rows[(rows.day >= begins) & (rows.day <= day) & (age >= rules.from_age) & (age < 18)]
    offered = chance.happens("voice advocate offered", rules.offered, rows.key)
    group = np.where(rows.visitor, 2, np.where(rows.plan.isin("cla"), 1, 0))
    share = np.array([rules.taken_up["cp"], rules.taken_up["cla"], rules.taken_up["visitor"]])[group]
    decided = chance.days_after("voice advocate decided", rows.day, rules.decided_after_cd, rows.key)
    case = world.case_on(rows.child, rows.day)
    return Rows(
        advocacy_offer_id=world.ids(rows.key),
        child_id=world.child_ids(rows.child),
        plan_type=rows.plan,
        offered_date=rows.day,
        offered=yes_no(offered),
        not_offered_reason=chance.pick("voice not offered", rules.not_offered_reason, rows.key).blank_where(offered),
        taken_up=known(yes_no(chance.happens("voice advocate taken", share, rows.key), ~offered), decided, day),
        independent_visitor=yes_no(rows.visitor),
        service_code=case.service,
        team_code=case.team,
    )


def _offers(world: World, plan: str, ids: Array, spells: Rows, day: int) -> Rows:
    """The days on which offers are due in plans or periods of care."""
    rules, chance = world.scenario.voice.advocacy, world.chance
    number, last = plain(ids), np.minimum(spells.end, day)
    first = chance.days_after(f"voice advocacy {plan}", spells.start, rules.first_after_cd, number)
    row, time, due = chance.repeated(f"voice advocacy {plan} again", first, last, rules.again_after_cd, number)
    key = (number[row] * 100 + time) * 4 + (plan == "cla")
    offer = Rows(
        key=key, child=spells.child[row], plan=word(plan, len(row)), day=due, visitor=np.zeros(len(row), dtype=bool)
    )
    # an independent visitor is for children who have been looked after for some time
    visited = (time > 0) & (plan == "cla") & chance.happens("voice visitor", rules.visitor, key)
    return stack([offer, offer[visited].having(key=key[visited] + 2, visitor=np.ones(visited.sum(), dtype=bool))])


# --- WebStar ------------------------------------------------------------------------------------------------------


def _interventions(world: World, day: int, begins: int) -> Rows:
    """Interventions opened by `day`, each inside a plan or an early help episode of the child; their later days too."""
    parts = [
        _in_spells(world, EARLY_HELP, world.early_help, world.early_help.early_help_id),
        _in_spells(world, CHILD_IN_NEED, world.cin_plans, world.cin_plans.cin_plan_id),
        _in_spells(world, CHILD_PROTECTION, world.plans, world.plans.cp_plan_id),
    ]
    rows = stack(parts)
    rows = rows[(rows.opened <= day) & (rows.closed >= begins) & (world.children.born[rows.child] <= rows.opened)]
    rules, chance, key = world.scenario.voice.webstar, world.chance, rows.key
    expected = chance.happens("voice star expected", rules.star_expected, key)
    started = expected & chance.happens("voice star", rules.start_scored, key)
    closed = rows.closed
    start = np.minimum(chance.days_after("voice start star", rows.opened, rules.start_star_after_cd, key), closed)
    # how far the family gets, the same for child and parent; those who get further are likelier to score again
    luck = chance.normal("voice family change", 0, 1, key)
    share = np.where(rows.reason.isin("did_not_engage"), rules.ended_not_engaged, rules.ended)
    share = share * (1 + rules.end_leans_to_improved * np.tanh(luck))
    middle = chance.days_after("voice mid star", rows.mid_due, rules.mid_star_after_cd, key)
    has_middle = started & rows.mid & chance.happens("voice mid done", rules.mid_done, key)
    has_middle &= (middle > start) & (middle < closed)
    end = closed - chance.between("voice end star", *rules.end_star_before_cd, key)
    end = np.where(has_middle, np.maximum(end, middle + 1), end)
    # an end star is entered when the intervention closes, not before
    ends = started & chance.happens("voice end", share, key) & (closed <= day) & (end - start >= rules.least_cd)
    age = age_on(world.children.born[rows.child], start)
    child = (age >= rules.child_from_age) & chance.happens("voice child scores", rules.child_takes_part, key)
    return rows.having(
        expected=expected,
        mid=expected & rows.mid,
        luck=luck,
        start_star=where(started, start),
        mid_star=where(has_middle, middle),
        end_star=where(ends, end),
        by_child=child,
        by_parent=~child | chance.happens("voice parent scores", rules.parent_takes_part, key),
    )


def _in_spells(world: World, kind: int, spells: Rows, ids: Array) -> Rows:
    """The interventions of one kind of spell; one that would open after the spell's end does not open."""
    rules, chance = world.scenario.voice.webstar, world.chance
    key = plain(ids) * 10 + kind
    names = {EARLY_HELP: "early_help", CHILD_IN_NEED: "child_in_need_plan", CHILD_PROTECTION: "child_protection"}
    opened = chance.days_after("voice opened", spells.start, rules.opened_after_cd, key)
    has = chance.happens("voice intervention", rules.share[names[kind]], key) & (opened <= spells.end)
    rows = np.flatnonzero(has)
    key, opened, last = key[rows], opened[rows], spells.end[rows]
    not_engaged = chance.happens("voice not engaged", rules.not_engaged, key)
    planned = chance.band("voice lasts", rules.lasts_cd, key)
    lasts = np.where(not_engaged, np.maximum(planned * rules.not_engaged_lasts, 7), planned).astype(np.int64)
    closed = np.minimum(opened + lasts, last)
    reason = choose(
        len(rows),
        (not_engaged, "did_not_engage"),
        (opened + lasts > last, chance.pick("voice cut short", rules.cut_short_reason, key)),
        otherwise="completed",
    )
    if kind == EARLY_HELP:
        service = word("early_help", len(rows))
        team = _team(world, "early_help", opened, key)
        held = spells.worker[rows] >= 0
        own = world.organisation.team_of_worker(spells.worker[rows], opened)
        team = choose(len(rows), (held, own), otherwise=team)
    else:
        case = world.case_on(spells.child[rows], opened)
        service, team = case.service, case.team
    return Rows(
        key=key,
        child=spells.child[rows],
        opened=opened,
        closed=closed.astype(np.int32),
        reason=reason,
        mid=chance.happens("voice mid expected", rules.mid_expected, key),
        mid_due=(opened + np.maximum(planned // 2, 14)).astype(np.int32),
        service=service,
        team=team,
    )


def _intervention_rows(world: World, rows: Rows, day: int) -> Rows:
    closed = until(rows.closed, day)
    return Rows(
        intervention_id=world.ids(rows.key),
        child_id=world.child_ids(rows.child),
        service_code=rows.service,
        team_code=rows.team,
        star_expected=yes_no(rows.expected),
        mid_star_expected=yes_no(rows.mid),
        opened_date=rows.opened,
        mid_point_due_date=where(rows.mid, rows.mid_due),
        closed_date=closed,
        closure_reason=known(rows.reason, rows.closed, day),
    )


def _scores(world: World, interventions: Rows, day: int) -> Rows:
    """The scores of child and parent at every star held by `day`."""
    began = interventions[(interventions.start_star != BLANK) & (interventions.start_star <= day)]
    parts = [
        _of_respondent(world, began[began.by_child], CHILD, day),
        _of_respondent(world, began[began.by_parent], PARENT, day),
    ]
    return stack(parts)


def _of_respondent(world: World, rows: Rows, who: int, day: int) -> Rows:
    """The stars of one respondent: areas of a star hang together, low ones gain most, the top cannot gain."""
    rules, chance = world.scenario.voice.webstar, world.chance
    name = ("child", "parent")[who]
    areas = tuple(rules.areas)
    key, area = rows.key[:, None], np.arange(len(areas))[None, :]
    # part of how things stand is the family's, part the respondent's, the rest the area's
    rest = 1 - rules.family_part - rules.own_part
    level = chance.normal("voice family level", 0, np.sqrt(rules.family_part), key)
    level = level + chance.normal(f"voice {name} level", 0, np.sqrt(rules.own_part), key)
    level = level + chance.normal(f"voice {name} area", 0, np.sqrt(rest), key, area)
    mean = rules.start_mean[name] + np.array([a.lean for a in rules.areas.values()])
    start = np.rint(mean + rules.spread * level)
    # some call an area as good as can be, likelier those who see things well
    bright = 0.7 * level + np.sqrt(1 - 0.7**2) * chance.normal(f"voice {name} top", 0, 1, key, area)
    start = np.where(bright > NormalDist().inv_cdf(1 - rules.starts_at_top), rules.highest, start)
    start = np.clip(start, 1, rules.highest)
    change = rules.change_mean[name] - rules.back_to_mean * (start - mean)
    change = change + rules.family_change * rows.luck[:, None]
    change = change + rules.change_spread * chance.normal(f"voice {name} change", 0, 1, key, area)
    change = np.where(chance.happens(f"voice {name} unchanged", rules.unchanged, key, area), 0, change)
    # at the end the one or the other no longer takes part, the child never alone
    stays = chance.happens(f"voice {name} at end", rules.takes_part_at_end, rows.key)
    stays |= ~(rows.by_child & rows.by_parent)
    end_star = np.where(stays, rows.end_star, BLANK)
    stages = (("start", rows.start_star, 0.0), ("mid", rows.mid_star, rules.change_by_mid), ("end", end_star, 1.0))
    parts = [
        _star(world, rows, who, stage, np.where(days > day, BLANK, days), start + change * share)
        for stage, days, share in stages
    ]
    return stack(parts)


def _version(world: World, days: Array) -> Words:
    """The version of the star in use on each day."""
    begins, _ = _version_days(world.scenario.voice)
    place = np.searchsorted(begins, days, side="right") - 1
    return Words(place.astype(np.int32), tuple(world.scenario.voice.webstar.versions))


def _star(world: World, rows: Rows, who: int, stage: str, days: Array, scores: Array) -> Rows:
    """The scores of one stage, one row an area; now and then an area is left blank."""
    rules = world.scenario.voice.webstar
    areas = np.arange(len(rules.areas))[None, :]
    blank = world.chance.happens(
        f"voice left blank {stage}", rules.area_left_blank, rows.key[:, None], areas, np.array([[who]])
    )
    at, area = np.nonzero(~blank & (days != BLANK)[:, None])
    return Rows(
        intervention_id=world.ids(rows.key[at]),
        child_id=world.child_ids(rows.child[at]),
        respondent=word(("child", "parent")[who], len(at)),
        stage=word(stage, len(at)),
        star_date=days[at].astype(np.int32),
        area=Words(area.astype(np.int32), tuple(rules.areas)),
        score=np.clip(np.rint(scores[at, area]), 1, rules.highest).astype(np.int32),
        service_code=rows.service[at],
        team_code=rows.team[at],
        version=_version(world, rows.start_star[at]),
    )
