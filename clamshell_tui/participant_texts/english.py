"""The English sentences, by section and key: what a participant reads unless they are replaced.

``{name}`` stands for a value. A sentence with a number has two forms, ``one`` and ``other``.
Python and not TOML, because reading TOML would take 7 ms of each start of a client.
"""

from collections.abc import Mapping

from clamshell_tui.participant_texts import english_stages

ENGLISH: Mapping[str, Mapping[str, str | Mapping[str, str]]] = {
    # How 1234.5 is written, and an amount with the sign of its currency.
    "numerals": {"number": "1,234.5", "money": "{sign}{number}"},
    # Names of keys of the keyboard.
    "key": {
        "enter": "Enter",
        "escape": "Esc",
        "backspace": "Bksp",
        "tab": "Tab",
        "shift_tab": "Shift+Tab",
        "delete": "Del",
    },
    # Meanings of keys, in the bottom line: short.
    "hint": {
        "help": "help",
        "leave": "leave",
        "messages": "messages",
        "scroll": "scroll",
        "join": "join",
        "close": "close",
        "accept": "I have read this and want to take part",
        "decline": "no, leave",
        "go_on": "go on",
        "one_moment": "one moment",
        "look_at_records": "look at the records",
        "send": "send",
        "look_again": "look again",
        "undo": "undo",
        "skip": "skip",
        "flag": "flag",
        "comment": "comment",
    },
    # The two lines above every screen.
    "top": {
        "connected": "connected",
        "not_connected": "not connected",
        "connecting": "connecting\u2026",
        "owed": "owed {amount}",
        "reconnecting": "reconnecting: {why}",
        "reconnecting_kept": {
            "one": "reconnecting, {count} answer kept: {why}",
            "other": "reconnecting, {count} answers kept: {why}",
        },
        "lost": "the connection is lost",
        "paused": "everything is paused; it goes on by itself",
        "ascii_asked": "drawn in plain ASCII, as asked",
        "ascii": "drawn in plain ASCII, because {setting} is not UTF-8",
        "below": {"one": "{count} more line below", "other": "{count} more lines below"},
    },
    "join": {
        "title": "Join a labelling session",
        "ask": "Paste the line you were given, or type its code.",
        "joining": "Joining {place} \u2026",
        "occupied": "your code is in use at another place, which has {seconds} s to object \u2026",
        "no_code": "There is no code in this line, and no seat is stored for that place. Copy the "
        "whole line: it looks like {example}",
        "version": "the coordinator speaks protocol {theirs}, this client {ours}. Install the same "
        "version of clamshell-tui on both sides",
        "no_line": '"{line}" is not a join string. It looks like {example}',
        "code_alone": '"{line}" is the code alone. Copy the whole line: {example}, say',
        "port": "port {port} (in the join string) is not between 1 and 65535",
        "fingerprint": "the fingerprint after # has {digits} hex digits, at least {least} are "
        "needed. Copy the whole line, in quotes",
    },
    # Why there is no connection. Up to a colon and a blank, it stands in the line above a screen.
    "connection": {
        "certificate": "{place} shows another certificate than the fingerprint after # says. Copy "
        "the whole line again, and do not go on if it stays so",
        "closed": "{place} closed the connection. Wait a little, or tell whoever invited you",
        "protocol": "{place} does not speak our protocol ({what}). Is a coordinator of this "
        "version listening there?",
        "no_answer": "{place} does not answer as a coordinator. Is the port right?",
        "no_answer_plain": "{place} does not answer as a coordinator. Is the port right, and "
        "is the part from # on there?",
        "refused_encryption": "{place} refused the encrypted connection. Copy the whole line "
        "again, or tell whoever invited you",
        "proxy": "{place} does not answer behind its proxy",
        "no_encryption": "{place} does not speak TLS. Leave out the part from # on",
        "no_host": "there is no host {host} that can be found from here. Is the address right "
        "({place})?",
        "silent": "{place} does not answer. Is the address right, and no firewall between?",
        "unreachable": "{place} cannot be reached ({why})",
        "refused": "{place} refused the connection. Wait a little, or tell whoever invited you",
        "no_coordinator": "{place} is no coordinator ({why})",
        "disk": "cannot keep answers on disk ({why}): do not close this window",
    },
    # Sentences of the coordinator.
    "refused": {
        "over": "the run is over",
        "full": "all seats are taken; try again later",
        "busy": "too many connections; try again later",
        "old_code": "this code is no longer valid; ask for a new one where you got it",
        "wrong_code": "code not accepted: is it misspelt?",
        "wrong_token": "token not accepted",
        "taken": "your seat was taken with your code at another place; the same line brings you "
        "back",
        "stays": "your code is in use at another place, and the person there stays",
        "used_again": "your code was used once more at another place",
        "terminal": "this terminal cannot show the records ({letter} is not in its encoding, "
        "{encoding}). Come with a UTF-8 terminal, or set LANG=C.UTF-8 if it is one",
        "begin_first": "begin first",
        "not_yours": "that assignment was not given to you",
        "label_count": "{needed} labels are needed, {came} came",
        "no_such_label": "that label is not offered: {label}",
        "no_label": "no record has a label: send skip to give the task back",
        "detail_count": "{needed} details are needed or none, {came} came",
        "disk_full": "PAUSED: disk full; what you sent is kept and counts when there is space "
        "again",
        "disk_free": "going on: there is space on the disk again",
    },
    "instructions": {
        "usual": "You will be shown records and asked which class each of them belongs to. Choose "
        "the one that fits best. You are paid for every record, and by the minute while you wait.",
        "press": {
            "one": "You will see one record at a time. For each, press the key of the class that "
            "fits best.",
            "other": "You will see {count} records at a time. For each, press the key of the class "
            "that fits best.",
        },
        "type": {
            "one": "You will see one record at a time. For each, type a part of the name of the "
            "class that fits best, and press Enter.",
            "other": "You will see {count} records at a time. For each, type a part of the name of "
            "the class that fits best, and press Enter.",
        },
        "pay": "Pay",
        "rates": "{minute} a minute for training and waiting, {record} a record.",
        "paid_full": "If somebody else finishes your task first, it is paid in full.",
        "paid_part": "If somebody else finishes your task first, the part you did is paid.",
        "one_moment": "One moment: your training is being prepared\u2026",
    },
    "task": {
        "record": "Record {number} of {total}",
        "training_record": "Training record {number} of {total}",
        "flagged": "flagged",
        "skipped": "skipped",
        "commented": "with a comment",
        "type": "Type its name",
        "press": "Press its key",
        "not_sent": "not sent yet",
        "sending": "sending\u2026",
        "enter_sends": "Enter sends",
        "time_left": "{time} left",
        "minutes_left": {
            "one": "about {count} minute left",
            "other": "about {count} minutes left",
        },
        "records_left": "{count} records left",
        "last": "the last task",
        "labelled": "{done} of {total} labelled",
        "labelled_skipped": "{done} of {total}, {skipped} skipped",
        "empty_record": "(an empty record)",
        "full_text": "\u2026 (full text: press v)",
        "damaged": "this picture is damaged: please flag it (f)",
        "type_name": "type a name",
        "no_match": "no class matches",
        "matches": "{shown} of {total} classes",
        "cannot_show": "this terminal cannot show the training: use one with UTF-8",
    },
    # A question about one record.
    "remark": {
        "skip": "Skip this record",
        "why": "Why? The rest of the task counts, and this record goes to somebody else.",
        "usual": "cannot be answered",
        "comment": "Comment on this record",
        "say": "For the people who run this. An empty line removes it.",
        "keys": "Enter confirms, Esc goes back.",
    },
    # Why a key does nothing, or the result of an answer: one line at the bottom.
    "status": {
        "have_seat": "you have a seat already",
        "nothing_to_accept": "there is nothing to accept",
        "no_connection": "not sent: no connection",
        "not_offered": "that label is not offered",
        "no_further_record": "there is no further record",
        "nothing_to_undo": "nothing to undo in this task",
        "missing": {
            "one": "{count} of {total} records has no label yet",
            "other": "{count} of {total} records have no label yet",
        },
        "training": "the records of the training cannot be skipped or flagged",
        "nothing_to_close": "there is nothing to close",
        "no_seat": "you have no seat to leave",
        "press_enter": "press Enter to go on",
        "nothing_to_do": "nothing to do right now",
        "reviewing": "all labelled: Enter sends, backspace undoes, a click goes back to a record",
        "sending": "not taken: the last answer is still being sent",
        "checking": "not taken: your answers are being checked",
        "waiting": "no task right now: it will come by itself",
        "not_kept": "not kept: that record is no longer in your hands",
        "held": "not counted: the key came too soon after the last one. Let it go for a moment",
        "skip_lost": "your skip did not arrive: please try again",
        "given_back": "task given back",
        "not_shown": "a task was given back: this terminal cannot show it",
        "counted": "stored and paid",
        "late": "too late: not counted, and not paid",
        "late_paid": "too late to be counted; you are paid all the same",
        "conflict": "this task was answered before: your first answer stands",
    },
    # The result of the training.
    "feedback": {
        "passed": "You are in:",
        "failed": "Not qualified this time:",
        "right": "{correct} of {asked} right.",
        "paid": "You are paid {amount} for your time.",
        "work": "Work is here.",
        "record": "Record {number} of {total}",
        "wrong": "{given}, not {right}",
        "wrong_long": "you: {given} \u00b7 right: {right}",
    },
    "waiting": {
        "title": "Waiting room",
        "reserve": "You are qualified and in reserve: a place frees up soon.",
        "available": "You have a place. Work starts as soon as there is some for you.",
        "training": "Your training is being prepared.",
        "paused": "Everything is paused. It goes on by itself.",
        "one_moment": "One moment\u2026",
        "present": "{present} of {needed} have come.",
        "starts": "You have a place. Work starts when all of them are here.",
        "advice": "Work comes by itself, with a bell: there is nothing to press.",
        "stay": "Please stay within reach of the keyboard.",
        "not_paid_lost": "not paid while the connection is lost",
        "not_paid": "waiting is not paid right now \u00b7 {time} so far",
        "rate": "{rate} a minute",
        "waited": "for waiting \u00b7 {time} so far",
    },
    # The task in hand is gone.
    "interrupted": {
        "finished_by_another": "Finished by somebody else",
        "expired": "The time for this task ran out",
        "skipped": "Task given back",
        "withdrawn": "This task is no longer yours",
        "why_finished_by_another": "Somebody else had the same task and finished first. This is "
        "part of the method, and not your fault.",
        "why_expired": "It was given to somebody else.",
        "why_withdrawn": "It was finished, given to somebody else or taken back in the meantime.",
        "not_needed": "Your {labelled} of {asked} labels were not sent, and are not needed.",
        "new_work": "New work is here.",
        "go_on": "Press Enter to go on.",
        "pay_later": "Your statement shows the pay for it.",
        "not_paid": "Nothing is paid for it.",
        "paid": "You are paid {amount} for it all the same.",
    },
    # The end, and the pay statement.
    "over": {
        "thanks": "Thank you",
        "failed": "This session cannot go on",
        "on_its_way": "Thank you: your statement is on its way\u2026",
        "undelivered": {
            "one": "{count} answer could not be delivered; a copy is kept here.",
            "other": "{count} answers could not be delivered; a copy is kept here.",
        },
        "waiting": "Waiting, {time}",
        "training": "Training",
        "records": {"one": "Records, {count} task", "other": "Records, {count} tasks"},
        "terminated": {
            "one": "Finished by somebody else, {count} task",
            "other": "Finished by somebody else, {count} tasks",
        },
        "partial": "Work begun and not finished",
        "total": "Total for {worker}",
        "earned": "{worker} earned {amount}",
    },
    # Why a session is over.
    "ended": {
        "run_over": "the run is over",
        "faster": "your place went to somebody faster",
        "another": "your place went to somebody else",
        "quality": "too many answers differed from what is known, or from the others'",
        "unresponsive": "your tasks were left without an answer for too long",
        "gave_back": "more tasks were given back than this run allows. All that you earned is "
        "yours",
        "unanswered": "more tasks were left unanswered than this run allows. All that you earned "
        "is yours",
        "answered_late": "too many answers came after their task was given back. All that you "
        "earned is yours",
        "left": "you have left",
        "dismissed": "the operator has ended your session",
        "disconnected": "you were away for longer than the seat is kept. To go on, ask the "
        "operator to readmit you; your line is then good again",
        "not_qualified": "did not qualify",
        "pool_full": "the pool is full",
        "pool_smaller": "the pool was made smaller",
    },
    "help": {
        "title": "Help",
        "keys_label": "1-9 0, letters",
        "label": "label the record with that class and go on",
        "keys_undo": "Backspace, u",
        "undo": "take the last label back",
        "look": "look at another record of the task",
        "send": "send all labels, when each record has one",
        "scroll": "scroll a long text, show all of it",
        "skip": "skip this record: somebody else gets it",
        "flag": "flag this record, and label it all the same",
        "comment": "comment on this record",
        "keys_messages": "m or F2",
        "messages": "show the messages to you again",
        "keys_colours": "Ctrl+T",
        "colours": "light or dark colours",
        "leave": "leave, for now or for good",
        "keys_find": "letters",
        "find": "find a class by any parts of its name",
        "mark": "mark another class; Tab completes the name",
        "choose": "label with the class marked; at the end, send all",
        "clear": "clear what was typed; else leave",
        "keys_letter": "Backspace",
        "letter": "take a letter back; else the last label",
        "keys_scroll": "PgUp PgDn, F5",
        "mouse": "The mouse works too: click a class, or a record in the strip.",
        "both_paid": "Somebody else may have the same task: both are paid.",
        "kept": "If the connection fails, your answers are kept.",
        "close": "Enter closes this.",
    },
    "messages": {
        "title": "Messages to you",
        "keys": "Enter closes this, \u2191 \u2193 scroll.",
    },
    "leave": {
        "title": "Leave?",
        "stay": "stay",
        "close": "close this window; the seat is kept for a short while:",
        "come_back": "the same command brings you back to it",
        "leave": "leave for good and see what you have earned",
    },
    "take_over": {
        "title": "Your code is used at another place.",
        "stay": "Press any key to stay.",
        "left": "Otherwise this seat goes to that place in {seconds} s.",
    },
    "too_small": {
        "size": "needs {needed}, is {found}",
        "enlarge": "please enlarge this window",
    },
    # An ssh session without the screen.
    "ssh": {
        "code": "Code",
        "taken": "This seat is open in another window now. The same command brings it back here.",
        "no_terminal": "A terminal is needed here: leave out the command, or say ssh -t.",
        "dumb": "This terminal (TERM=dumb) cannot show a screen. Use another one, or a browser.",
        "away": "the coordinator does not answer; try again",
    },
    # The page in a browser; language is a code of ISO 639.
    "web": {
        "language": "en",
        "javascript": "This page needs JavaScript.",
        "terminal": "Terminal",
        "code": "Code",
        "join": "Join",
        "type_code": "Type the code that you were given.",
        "narrow": "This window is too narrow: {columns} of {needed} columns. Make it wider or zoom "
        "out (Ctrl and -). On a phone or tablet, use a computer instead.",
        "taken": "This seat is open in another window now.",
        "use_here": "Use it here",
        "ended": "This session has ended.",
        "open_again": "Open it again",
        "try_again": "Try again",
        "lost": "The connection is lost; trying again ...",
    },
    **english_stages.ENGLISH,
}
