"""Whole journeys through the product, with the commands, doors and servers people use. Read them in this order; the first is the tour.

From a list to a report
    test_tour: a list is imported, a mailing sent, killed and resumed, opened, clicked, left, bounced, corrected, sent again and reported

Sent, whatever happens
    test_believed: what receivers look at: signatures, headers, an envelope that names the delivery
    test_killed: killed, interrupted, paused, begun twice at once: the rest is served, nobody twice
    test_several: four processes on one mailing, one of them killed
    test_settled: what a kill left in doubt is settled by the mail server's own log
    test_bad_worlds: mail servers that refuse, stall, hang up and fall silent
    test_bad_worlds_database: the database goes away in the middle and comes back
    test_bad_worlds_heavy: ten megabytes for everybody, in memory that does not grow
    test_restored: a backup is put back in the middle of a mailing

What comes back
    test_read: each address of a message does what its template says; a scanner is no reader
    test_clicked: what a click sets going is done once, and never for a machine
    test_bounced: returned mail, by Maildir and IMAP, is the truth of each recipient

Through SendGrid
    test_sendgrid: few requests, past refusals, a 429 and a kill
    test_sendgrid_told: a day of its events, shuffled and doubled, comes to one state

What people ask for
    test_form_response: from a form's page to the answer in a mailbox
    test_loop_killed: the loop that answers is killed, and the next one serves the rest

Text messages
    test_text_messages: from a list of names and numbers to the report, with a kill between
    test_twilio: past a kill, doubt settled by what Twilio has written down

Letters
    test_word_letters: a Word template becomes one PDF of everybody's letters
    test_letters_killed: a printer killed at each of its effects
    test_letters_stopped: paused, cancelled, interrupted; what is printed counts once
"""
