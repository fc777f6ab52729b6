"""Places: the gazetteer that everybody searches, and what each person saved or came back to."""
