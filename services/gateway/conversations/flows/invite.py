"""Invitations: one's own code, and telling somebody else's, which a newcomer's first message may do."""

from services.gateway.conversations.flows.declaration import STAY, Flow, Step

_SHOW = Step("invite:show", (STAY,))

# Neither a word alone nor an answer: a code that is told, whatever is asked. Told late it is true all the same.
ACCEPT_INVITATION = Step("invite:accept_invitation", (STAY,))

# A code may stand behind each of them.
WORDS = (
    *("invite", "invitation", "invite friends"),
    *("inviter", "parrainer", "parrainage"),
    *("tumira", "gutumira", "ubutumire"),
    *("alika", "mwaliko", "alika rafiki"),
)

FLOW = Flow(name="invite", words={_SHOW: WORDS}, others=(ACCEPT_INVITATION,))
