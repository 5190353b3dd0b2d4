"""The wire: messages and codec, all that a client needs to know (with the page PROTOCOL below).

A connection is a WebSocket; every frame is one JSON object in a text frame, at most 64 KiB. The
first frame of a client is ``hello`` with the protocol's version and a role; anything else closes
the connection. Unknown types, unknown fields, wrong types and out-of-range numbers are protocol
errors: the peer is told ``error`` and the connection is closed; the run is not touched.

A worker's conversation, line by line (``>`` client, ``<`` coordinator)::

    > {"type":"hello","protocol":1,"role":"worker","client":"mine/1.0"}
    < {"type":"welcome","protocol":1,"run":"quickstart","server":"clamshell/0.2.0"}
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

After a lost connection the client says ``hello`` and ``rejoin`` with its token, and is told what is
true now: ``joined``, and then ``train``, ``wait``, ``task`` or ``over``. An answer that was not
acknowledged is sent again: the assignment's id makes it count once, and the acknowledgement is the
same. An ``error`` with one of the codes in ``messages.LATER`` passes: ask again after a pause of
random length. Every other fatal one is final. Labels are indices into ``classes``. Money is in
integer micro-dollars, time in seconds.
"""

VERSION = 1
"""Of the protocol; a client and a coordinator must speak the same."""
