"""The English sentences of a study's stages, by section and key.

``{name}`` stands for a value. A sentence with a number has two forms, ``one`` and ``other``.
"""

from collections.abc import Mapping

ENGLISH: Mapping[str, Mapping[str, str | Mapping[str, str]]] = {
    # In several stages: why a key does nothing, and meanings of keys.
    "stage": {
        "number": "Part {number} of {total}",
        "read_on": "please read to the last line first: \u2193 scrolls",
        "on_its_way": "sent: one moment",
        "one_moment": "One moment\u2026",
        "no_connection": "not sent: no connection",
        "nothing_to_do": "nothing to do right now",
        "not_offered": "that label is not offered",
        "press_enter": "press Enter to go on",
        "cannot_show": "this terminal cannot show the records: use one with UTF-8",
        "scroll": "scroll",
        "go_on": "go on",
        "back": "back",
        "instructions": "instructions",
        "yes": "yes",
        "no": "no, go back",
    },
    "consent": {
        "title": "Taking part",
        "agree": "I agree and take part",
        "decline": "I do not take part",
        "read": "Please read to the end. Then you can agree or decline.",
        "choose": "Press a to agree and take part, or d to decline.",
        "sure": "Decline?",
        "sure_text": "You do not take part then, and the study is over for you.",
        "sure_yes": "decline",
    },
    "pages": {
        "title": "Instructions",
        "page": "page {page} of {total}",
        "read": "Please read this page to its end: \u2193 scrolls.",
        "next": "next page",
        "done": "I have read this, go on",
        "back": "page before",
        "again": "i shows the instructions again later, at any time.",
        "close": "Enter or i closes this, \u2191 \u2193 scroll.",
    },
    # Training and qualification.
    "records": {
        "training": "Training",
        "qualification": "Test",
        "record": "{stage}: record {number} of {total}",
        "press": "Press its key",
        "type": "Type its name",
        "training_text": "You will be told whether each answer is right, and why.",
        "qualification_text": "No feedback here: please answer as well as you can.",
        "right": "Right: {answer}",
        "wrong": "Not right. You said {given}; the answer is {answer}",
        "go_on": "Enter goes on.",
        "retry": "Enter goes on. To try again, press another key.",
        "retry_typed": "Enter goes on. To try again, type another name.",
        "answered": "{count} of {total} answered",
        "sending": "sending\u2026",
        "try_again": "try again",
    },
    "gate": {
        "title": "Waiting for the others",
        "present": "{present} of {needed} are here.",
        "missing": {"one": "{count} more is needed.", "other": "{count} more are needed."},
        "left": "If they do not come: {time} until you can leave with your pay.",
        "owed": "Your pay so far",
        "paid": "{rate} a minute while you wait",
        "unpaid": "This wait is not paid.",
        "not_paid_lost": "not paid while the connection is lost",
        "advice": "It goes on by itself, with a bell: there is nothing to press.\n"
        "Please stay within reach of the keyboard.",
        "may_leave": "You have waited long enough. If you do not want to wait any longer, press l: "
        "you are paid for all you did.",
        "leave": "leave with your pay",
        "sure": "Stop waiting?",
        "sure_text": "The study is over for you then, and you are paid for all you did.",
        "sure_yes": "stop waiting",
    },
    "break": {
        "title": "You have earned a break",
        "text": "Look away from the screen, stand up, have a sip of water.",
        "time": "Your break so far",
        "paid": "Breaks are paid: {rate} a minute.",
        "go_on": "Press Enter when you want to go on.",
        "paused": "Paused",
        "paused_text": "The experimenter has paused the study for you. It will go on by itself.",
    },
    "questions": {
        "title": "Questions",
        "question": "Question {number} of {total}",
        "optional": "may be left empty",
        "choose_step": "please choose a step from 1 to {steps}",
        "choose_option": "please choose one of the answers",
        "write_something": "please write something",
        "number_between": "please type a number from {low} to {high}",
        "number_from": "please type a number of at least {low}",
        "number_to": "please type a number of at most {high}",
        "number_any": "please type a number, such as 12 or 12.5",
        "too_long": "please shorten it: {length} characters, {most} at most",
        "how_step": "Press the number of a step.",
        "how_option": "Press the key of an answer.",
        "how_number": "Type a number.",
        "how_text": "Type your answer. Tab goes on, Enter begins a new line.",
        "mark": "mark",
        "clear": "clear",
        "summary": "Your answers",
        "check": "Please check your answers. Enter sends them; then they cannot be changed.",
        "empty": "(empty)",
        "change": "change this one",
        "send": "send all",
        "sending": "Your answers are being sent\u2026",
    },
    "receipt": {
        "title": "The end",
        "show_up": "Coming here",
        "stages": "Time in the paid parts",
        "records": "Records",
        "waiting": "Waiting",
        "bonus": "Bonus",
        "top_up": "Added, up to the promised pay",
        "correction": "Correction",
        "rounding": "Rounding up",
        "total": "Total for {participant}",
        "code": "Your code",
        "show": "Please show this to the experimenter.",
        "seen": "I have shown this: finish",
        "over": "You can close this window now.",
        "close": "close",
        "again": "show your pay and your code again",
    },
    "withdraw": {
        "stay": "stay",
        "close": "close this window; your place is kept for a while:",
        "come_back": "the same code brings you back to it",
        "stop": "stop taking part, and be paid for what you did",
        "title": "Stop taking part?",
        "text": "You cannot come back then. You are paid for what you did.\n"
        "What should happen to your data?",
        "keep": "keep them: they may be used in the study",
        "delete": "delete them: they are left out of the study",
        "sure_keep": "Stop, and keep your data?",
        "sure_delete": "Stop, and delete your data?",
        "sure_text": "This cannot be undone.",
        "sure_yes": "stop taking part",
    },
}


def sentence(key: str, /, **values: object) -> str:
    """Return a sentence with its values; ``count`` chooses between its two forms."""
    section, _, name = key.partition(".")
    found = ENGLISH[section][name]
    text = found if isinstance(found, str) else found["one" if values["count"] == 1 else "other"]
    return text.format_map(values) if values else text
