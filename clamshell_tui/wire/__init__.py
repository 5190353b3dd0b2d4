"""The protocol, for authors of clients; and its messages, codec and connection.

Frames
======

A connection is a WebSocket (RFC 6455) to ``ws://HOST:PORT/``, without subprotocol and compression.
Each text frame is one JSON object; the field ``type`` names the message, and the section *Messages*
of ``clamshell help protocol`` lists the fields of each. Fields at their default may be left out.
Unknown types, unknown or repeated fields, wrong types, numbers out of range and binary frames are
protocol errors: the coordinator replies ``error``, closes the connection, and the run does not
change.

- Labels are indices into ``classes``. Money is in integer micro-dollars, time in seconds.
- Pixels are base64. A frame to the coordinator has at most 64 KiB; frames from it may be larger, a
  task of pictures up to 32 MiB.
- With a ``#FINGERPRINT`` in the address the URL is ``wss://HOST:PORT/``, with TLS 1.3. No authority
  signs the certificate: accept any, and before you send anything compare the SHA-256 of its DER
  form with the fingerprint, hex digits from the left and at least 16 of them.
- The handshake must not have an ``Origin`` header. Answer pings: the coordinator sends one every
  10 s and waits 10 s for the pong.
- Ignore messages of a type that you do not know: a later version may send some.

First messages
==============

``hello`` with the protocol's version and a role; ``welcome`` follows with the same version, if the
coordinator speaks it: this one speaks 1 to 3. Then a worker sends ``join``
or ``rejoin``, an operator or a requester ``authenticate`` with the run's token for that role;
``joined`` or ``granted`` follows. From the connection, ``hello`` and ``authenticate`` have 5 s,
``join`` and ``rejoin`` 20 s, whatever is said meanwhile. Where strangers hold all places, a
connection has 2 s for them, and with a valid code or token it is let in.

Worker
======

``>`` client, ``<`` coordinator::

    > {"type":"hello","protocol":3,"role":"worker","client":"mine/1.0"}
    < {"type":"welcome","protocol":3,"run":"quickstart","server":"clamshell/0.2.0"}
    > {"type":"join","code":"K7QM-2F9X"}
    < {"type":"joined","worker":"P001","token":"...","classes":["cat","dog"],...}
    > {"type":"begin"}
    < {"type":"train","records":[{"id":"17","text":"meow"}]}
    > {"type":"progress","answered":1}
    > {"type":"qualification","labels":[0]}
    < {"type":"qualified","passed":true,"correct":1,"asked":1,"right":[0],"micros":4167}
    < {"type":"wait","state":"reserve","micros_per_minute":50000,"owed_micros":4167}
    < {"type":"task","assignment":"9f...","records":[{"id":"3","text":"woof"}],"lease":1800.0}
    > {"type":"answer","assignment":"9f...","labels":[1]}
    < {"type":"acknowledged","assignment":"9f...","outcome":"counted","micros":20000,
       "owed_micros":25020,"next":{"type":"task","assignment":"c0...",...}}
    < {"type":"stop","assignment":"c0...","reason":"finished-by-another","micros":20000,...}
    > {"type":"leave"}
    < {"type":"over","reason":"left","statement":{...}}

- Send ``heartbeat`` at least every ``joined.heartbeat`` seconds while nothing else is sent. After
  10 s of silence the coordinator drops the connection; only the first 2 s of it are paid.
- A null among ``answer.labels`` skips that record: the others count, and it goes to another worker,
  alone. ``answer.details`` says when each record was shown and answered, by your clock, in seconds
  since the task arrived (plus its ``age``), and has flags, reasons and comments. It is optional,
  kept for analysis, and decides nothing.
- ``draft`` has the labels chosen so far, after each change; it is optional. They are stored, and
  ``task.draft`` gives them to whoever returns to the seat, perhaps on another machine.
- ``skip`` gives a whole task back. ``stop`` takes one back at any time: an answer that crosses it
  is acknowledged as ``late``. ``notice`` is text for the worker, at any time.
- An answer is stored once ``acknowledged`` arrives. Until then keep it, and send it again after a
  reconnection: it counts once, and the acknowledgement is the same (outcome ``repeated``;
  ``conflict`` if the labels differ: the first answer stands).
- After a lost connection send ``hello`` and ``rejoin`` with the token, after a pause of random
  length that grows with each attempt. ``joined`` follows, and then the current state: ``train``,
  ``wait``, ``task`` or ``over``, or nothing before ``begin``. The newer connection wins.
- A ``join`` with the code of a taken seat returns to it, from any machine and with a new token;
  the old token is then refused as ``replaced``. If the seat's connection is alive, it gets
  ``take-over`` and may send ``stay`` within ``seconds``; the newcomer gets ``occupied``, and then
  ``joined`` or the error ``in-use``. ``take-over`` with 0 seconds: the newcomer gave up.

Participant of a study
======================

``begin`` and ``train`` are not used. After ``joined`` comes ``stage``, and again whenever the stage
or something in it changes; during the stage of work the messages of a worker come instead::

    < {"type":"stage","number":1,"stages":5,"shown":{"kind":"consent","text":"# Welcome ..."}}
    > {"type":"consent","number":1,"agreed":true}
    < {"type":"stage","number":2,"stages":5,"shown":{"kind":"instructions","pages":["..."]}}
    > {"type":"read","number":2,"page":0}
    < {"type":"stage","number":3,"stages":5,"shown":{"kind":"records","records":[...],...}}
    > {"type":"try","number":3,"record":0,"label":1}
    < {"type":"tried","number":3,"record":0,"right":false,"answer":0,"why":"..."}

``typed`` says what stands in a question, as often as it changes; it is optional. It is stored, and
``questionnaire.typed`` gives it to whoever returns, perhaps on another machine. ``answers`` sends a
questionnaire, ``go-on`` ends a break, ``leave-gate`` gives up waiting, ``withdraw`` ends the
participation, and ``notices-seen`` counts the messages that were read. Each names the ``number`` of
its stage and may be sent again: it counts once. ``over`` follows the debrief.

An operator of a study sends ``watch-people`` (``people`` follows, and again when they change),
``person-order`` (-> ``people-done``), ``start-now`` and ``start-at`` (-> ``done``), and
``select-condition``: what follows of the journal is that of the condition's run.

Machine
=======

A program in a seat of its own (``joined.machine``)::

    > {"type":"join","code":"M4QX-77AB"}
    < {"type":"joined","worker":"P009","token":"...","machine":true,...}
    > {"type":"machine-ready","source":"my-model","revision":"sha256:...","price_micros":12}
    < {"type":"task","assignment":"9f...","records":[{"id":"3","text":"woof"}],"lease":1800.0}
    > {"type":"answer","assignment":"9f...","labels":[1],"confidences":[0.93],"cost_micros":24}
    < {"type":"acknowledged","assignment":"9f...","outcome":"counted","micros":24,...}

- It has no training and no paid wait, and gets one task after the other. ``labels`` with null
  abstain, ``skip`` abstains from all; no record of it is sent to the same ``source`` again, and
  no count is kept of it. A task that is lost with the connection comes again.
- Send ``machine-ready`` again after each ``joined``: it does no harm. ``leave`` ends the session
  for good, so a program that shall come back just disconnects.

Operator
========

::

    > {"type":"hello","protocol":3,"role":"operator","client":"mine/1.0"}
    < {"type":"welcome","protocol":3,"run":"quickstart","server":"clamshell/0.2.0"}
    > {"type":"authenticate","token":"...","name":"ann"}
    < {"type":"granted","role":"operator"}
    > {"type":"describe"}
    < {"type":"described","scenario":"...","classes":["cat","dog"],"speed":1.0,"meta":{...}}
    > {"type":"read-journal","after":0}
    < {"type":"journal","last":2,"now":7.5,"entries":[{"at":0.0,"event":{
       "event":"RecordsSubmitted","first":0,"count":2,"gold":{},"last":true}},...]}
    > {"type":"order","do":"set","key":"pool.size","value":5}
    < {"type":"done","do":"set","detail":""}

Each request has one reply; those of one kind keep their order: ``describe`` -> ``described``,
``read-journal`` -> ``journal`` (held back until there is news, at most 1 s; ask again with
``last``), ``look-up`` -> ``looked-up`` (at most 500 records), ``check-codes`` -> ``codes-checked``
(at most 1,000 join codes), ``back-up`` -> ``backed-up`` (part of a sealed copy of the run file,
base64; ask again from the byte after it), ``order`` -> ``done``, or ``error`` with the code
``request``.
``notice`` may come at any time. The events of the journal, with their fields, are listed with the
messages; new ones may come with a later version.
``order.do`` is one of:

=============== =============================================================
pause, resume   stop handing out tasks; go on
stop            end the run when the tasks in hand are done
dismiss         end the session of ``worker``
readmit         let the person of ``worker``, whose session is over, join
                again as a new worker with the code in ``detail``
set             change the setting ``key`` to ``value``
message         send ``text`` to ``worker``, to all if empty; ``detail`` is
                the number of connections that it was sent to
issue-code      the code of a new seat in ``detail``; for a bot if ``key`` is
                "bot", for a machine if it is "machine"
reissue-code    a new code in ``detail`` for the seat of ``worker``, or of
                the code ``text``; the old one and the seat's token become
                invalid
revoke-code     make the code ``text``, or that of ``worker``, invalid
rotate-token    a new token in ``detail`` for the role ``key`` ("operator"
                or "requester"); other connections with the old one end
revoke-token    as rotate-token, without a new one
=============== =============================================================

Requester
=========

``submit`` (at most 1,000 records) -> ``submitted`` when they are stored; records are known by id,
so it may be sent again. ``follow`` -> ``labels``, again and again until ``finished``; with ``keep``
false they end with an empty one. Continue at number ``since`` after a lost connection. ``predict``
(at most 1,000 records) -> ``predicted``, from the latest model.

Errors
======

=========== ===== ========= ======================================================
code        fatal try again meaning
=========== ===== ========= ======================================================
protocol    yes   no        the message is malformed, or out of turn
version     yes   no        the coordinator speaks another version
role        yes   no        this role may not send that message
code        yes   no        the join code is wrong, replaced or revoked
token       yes   no        the token is wrong, or of another role
terminal    yes   no        this terminal's encoding cannot show the records
over        yes   no        the run is over and accepts no new worker
in-use      yes   no        the seat's connection is alive, and its person stays
replaced    yes   no        a newer connection has the seat of this one or of
                            this token, or the seat has a new code
busy        yes   later     too many connections: 200, 32 from one other machine
full        yes   later     all seats are taken
label       no    corrected the labels do not fit the task
request     no    corrected the request cannot be met
=========== ===== ========= ======================================================

After a fatal error the coordinator closes the connection (close code 1008). Where the table says
*later*, wait 1 to 2 s at first, and longer each time. Where it says *no*, the same request gets
the same answer.

Limits
======

More than 20 messages a second, after a burst of 40, are read more slowly. A client that leaves
1 MiB unread is dropped; it may rejoin. Wrong join codes are answered after 5 s if an address sent
more than 5 of them within a minute. These are the defaults: an operator may have set others.
"""

VERSION = 3
"""Of the protocol."""
OLDEST = 1
"""Oldest version of a client that a coordinator serves. Since 1, ``watch`` went and
``answer.details``, ``take-over``, ``stay`` and ``occupied`` came; since 2, the stages of a study
and ``draft``. A study needs 3."""
