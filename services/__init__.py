"""RULES: what the program does, as plain functions. One sentence per subject, lowest first; a subject calls only
subjects before it, and only through its face.

activity           who did what to what, in sentences
events             what happened to people, for whoever acts on it by itself
settings           what the operator may change while we run
auth               who may sign in, and what they may do
keys               keys for programs: scopes, limits, acts that happen once
channels           our business numbers, how to reach them, whether they are paused
contacts           people, their tags and fields, and the ledger of what they agreed to
segments           saved conditions: who is meant, how many, the filters of the list
imports            files of people on their way in
media              files that go with messages: checked, kept, known to carriers
message_templates  what may be said: versions, limits, rendering, approval
sending            the one queue for every outgoing message: verdict, claim, send, news
campaigns          whom, what, when: compose, check, launch, pause, finish, report
rehearsals         a whole campaign tried on the simulator, in a database of its own
inbox              what people write to us: kept once, STOP and START come first; conversations and what the team does
simulation         the made-up customers: whose phone it is, what stands on it, what they do
drift              a template that is not any more what it was stops everything that sends with it
hooks              other systems call us, and we them: tokened addresses, signed calls, the log of both
actions            what is done by itself, one small class a kind: for rules and flows
flows              conversations with memory: drawn, published in versions, played step by step
automation         rules: when something happens, if it fits, what is done; every run kept
webhooks           carriers' notices: kept once, read later, replayed when asked
retention          what is older than the settings say is deleted: notices, log lines, unused files
health             whether each part is alive
samples            data to try things with, by one click, gone by another
home               what needs attention, and today's figures
whatsapp_service   the one door from the rules to the wire
"""
