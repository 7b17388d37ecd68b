"""What a person finds after each example of a notice: the table of tests/services/test_webhook_examples.py.

A name that is missing means that nothing of the kind happened. `talks` are (unread, whether free text may be sent, newest
line), `people` (name, number, user id), `sent` what became of our messages, `noted` what the activity says of it.
"""

from typing import Any

PRIYA = [("Priya N.", "+447700900123", "GB.70193358812046671930")]

EXPECTED: dict[str, dict[str, Any]] = {
    "webhook-account-alerts.json": {'noted': ['channel.told']},
    "webhook-account-review.json": {'noted': ['channel.told']},
    "webhook-account-update-disabled.json": {'channel': ['paused'], 'noted': ['channel.told', 'channel.paused']},
    "webhook-account-update-restriction.json": {'channel': ['paused'], 'noted': ['channel.told', 'channel.paused']},
    "webhook-account-update-violation.json": {'noted': ['channel.told']},
    "webhook-account-update-volume-tier.json": {'noted': ['channel.told']},
    "webhook-batch-mixed.json":
        {'lines': ['in text: First', 'in text: Second'],
         'talks': [(2, 'open', 'Second')],
         'sent': ['delivered', 'read']},
    "webhook-business-capability-string-tier.json": {'channel': ['tier TIER_10K'], 'noted': ['channel.told']},
    "webhook-business-capability.json": {'channel': ['tier TIER_2K'], 'noted': ['channel.told']},
    "webhook-calls-connect.json":
        {'lines': ['in call'],
         'holds': [{'call': {'event': 'connect'}}],
         'talks': [(1, 'open', 'Call')],
         'people': PRIYA},
    "webhook-history-chunk.json":
        {'lines': ['in text: Older question', 'out text: Older answer'],
         'talks': [(0, 'shut', 'Older answer')],
         'people': [('', '+447700900123', 'GB.70193358812046671930')]},
    "webhook-message-audio-voice.json":
        {'lines': ['in audio'],
         'holds': [{'mime': 'audio/ogg; codecs=opus', 'is_voice': True}],
         'files': ['voice audio/ogg; codecs=opus'],
         'talks': [(1, 'open', 'Voice note')],
         'people': PRIYA},
    "webhook-message-button-template-quick-reply.json":
        {'lines': ['in button: Stop'],
         'holds': [{'choice': {'kind': 'template', 'id': 'STOP_MARKETING:camp41', 'title': 'Stop'}}],
         'refers': ['NTVDAA=='],
         'talks': [(1, 'open', 'Stop')],
         'people': PRIYA,
         'consent': ['withdrawn'],
         'noted': ['contact.withdrew']},
    "webhook-message-contacts-shared-own-number.json":
        {'lines': ['in contacts: +44 7700 900456'],
         'holds': [{'cards': [{'phones': [{'value': '+44 7700 900456', 'kind': 'CELL', 'wa_id': '447700900456'}]}],
                    'origin': 'contact_request'}],
         'talks': [(1, 'open', 'Contact card: +44 7700 900456')],
         'people': [('Sam', '+447700900456', 'GB.55820017764390218845')]},
    "webhook-message-contacts.json":
        {'lines': ['in contacts: Lee Park'],
         'holds': [{'cards': [{'formatted_name': 'Lee Park',
                               'first_name': 'Lee',
                               'last_name': 'Park',
                               'phones': [{'value': '+44 7700 900777', 'kind': 'CELL', 'wa_id': '447700900777'}]}]}],
         'talks': [(1, 'open', 'Contact card: Lee Park')],
         'people': PRIYA},
    "webhook-message-document.json":
        {'lines': ["in document: The other shop's quote"],
         'holds': [{'mime': 'application/pdf', 'name': 'quote.pdf'}],
         'files': ['document application/pdf'],
         'talks': [(1, 'open', "Document quote.pdf: The other shop's quote")],
         'people': PRIYA},
    "webhook-message-edit.json":
        {'lines': ['in edit: Do you open on Sunday?'],
         'holds': [{'edit': {'kind': 'text', 'text': 'Do you open on Sunday?'}}],
         'refers': ['RDYzRjIA'],
         'talks': [(1, 'shut', 'Changed to: Do you open on Sunday?')],
         'people': PRIYA},
    "webhook-message-forwarded.json":
        {'lines': ['in text: Look at this route'],
         'holds': [{'forwarded': 'once'}],
         'talks': [(1, 'open', 'Look at this route')],
         'people': PRIYA},
    "webhook-message-frequently-forwarded.json":
        {'lines': ['in text: Pass it on'],
         'holds': [{'forwarded': 'often'}],
         'talks': [(1, 'open', 'Pass it on')],
         'people': PRIYA},
    "webhook-message-group.json":
        {'lines': ['in text: Group question'],
         'holds': [{'group': 'Y2FwaV9ncm91cDpleGFtcGxl'}],
         'talks': [(1, 'shut', 'Group question')],
         'people': PRIYA},
    "webhook-message-image.json":
        {'lines': ['in image: Is this chain worn out?'],
         'holds': [{'mime': 'image/jpeg'}],
         'files': ['image image/jpeg'],
         'talks': [(1, 'open', 'Picture: Is this chain worn out?')],
         'people': PRIYA},
    "webhook-message-interactive-button-reply.json":
        {'lines': ['in interactive: Move it'],
         'holds': [{'choice': {'kind': 'button', 'id': 'slot:move:88231', 'title': 'Move it'}}],
         'refers': ['NjU3AA=='],
         'talks': [(1, 'open', 'Move it')],
         'people': PRIYA},
    "webhook-message-interactive-list-reply.json":
        {'lines': ['in interactive: Puncture repair'],
         'holds': [{'choice': {'kind': 'list',
                               'id': 'svc:puncture',
                               'title': 'Puncture repair',
                               'description': 'About 20 minutes'}}],
         'refers': ['MTQzAA=='],
         'talks': [(1, 'open', 'Puncture repair')],
         'people': PRIYA},
    "webhook-message-interactive-nfm-reply.json":
        {'lines': ['in interactive: rating: 5\ncomment: Fast and tidy'],
         'holds': [{'form': {'rating': '5', 'comment': 'Fast and tidy'}}],
         'refers': ['NUFDAA=='],
         'talks': [(1, 'open', 'rating: 5 comment: Fast and tidy')],
         'people': PRIYA},
    "webhook-message-location.json":
        {'lines': ['in location: Home, 2 Example Yard, London'],
         'holds': [{'latitude': '51.50735',
                    'longitude': '-0.12776',
                    'name': 'Home',
                    'address': '2 Example Yard, London'}],
         'talks': [(1, 'open', 'Location: Home, 2 Example Yard, London')],
         'people': PRIYA},
    "webhook-message-order.json":
        {'lines': ['in order: Please leave at reception'],
         'holds': [{'order': {'catalog': '700011122233344',
                              'items': [{'id': 'SKU-LIGHT-F', 'quantity': '1', 'price': '24.5', 'currency': 'GBP'},
                                        {'id': 'SKU-GUARD-700', 'quantity': '2', 'price': '18', 'currency': 'GBP'}]}}],
         'talks': [(1, 'open', 'Order of 2 products: Please leave at reception')],
         'people': PRIYA},
    "webhook-message-product-enquiry.json":
        {'lines': ['in text: Is this in stock?'],
         'holds': [{'product': {'catalog': '700011122233344', 'id': 'SKU-LIGHT-F'}}],
         'refers': ['MThFAA=='],
         'talks': [(1, 'open', 'Is this in stock?')],
         'people': PRIYA},
    "webhook-message-reaction-removed.json":
        {'lines': ['in reaction'],
         'refers': ['QTFEAA=='],
         'talks': [(0, 'shut', 'Took a reaction back')],
         'people': PRIYA},
    "webhook-message-reaction.json":
        {'lines': ['in reaction: ❤️'],
         'refers': ['QTFEAA=='],
         'talks': [(0, 'shut', 'Reacted ❤️')],
         'people': PRIYA},
    "webhook-message-referral-ctwa.json":
        {'lines': ['in text: Hi, I saw your offer'],
         'holds': [{'referral': {'source_type': 'ad',
                                 'source_id': '120200000000000777',
                                 'headline': 'Message us',
                                 'media_type': 'image',
                                 'ctwa_clid': 'ARexampleclick',
                                 'url': 'https://fb.me/example',
                                 'body': 'Winter service week',
                                 'welcome': 'Hello! What can we fix?'}}],
         'talks': [(1, 'open', 'Hi, I saw your offer')],
         'people': PRIYA},
    "webhook-message-reply-context.json":
        {'lines': ['in text: Yes please'],
         'refers': ['QTFEAA=='],
         'talks': [(1, 'open', 'Yes please')],
         'people': PRIYA},
    "webhook-message-request-welcome.json":
        {'lines': ['in request_welcome'],
         'talks': [(0, 'shut', 'Opened the chat for the first time')],
         'people': PRIYA},
    "webhook-message-revoke.json":
        {'lines': ['in revoke'],
         'refers': ['RDYzRjIA'],
         'talks': [(0, 'shut', 'Deleted a message')],
         'people': PRIYA},
    "webhook-message-sticker.json":
        {'lines': ['in sticker'],
         'holds': [{'mime': 'image/webp'}],
         'files': ['sticker image/webp'],
         'talks': [(1, 'open', 'Sticker')],
         'people': PRIYA},
    "webhook-message-system-number-changed.json":
        {'lines': ['in system: User Priya N. changed from 447700900123 to 447700900124'],
         'holds': [{'system': 'user_changed_number'}],
         'talks': [(0, 'shut', 'User Priya N. changed from 447700900123 to 447700900124')],
         'people': [('', '+447700900124', '')],
         'further': ['wa_id 447700900123', 'phone +447700900123']},
    "webhook-message-system-user-id-changed.json":
        {'lines': ['in system: User Priya N. changed from GB.70193358812046671930 to GB.88801122334455667788'],
         'holds': [{'system': 'user_changed_user_id'}],
         'talks': [(0, 'shut', 'User Priya N. changed from GB.70193358812046671930 to GB.88801122334455667788')],
         'people': [('', '+447700900124', 'GB.88801122334455667788')],
         'further': ['wa_id 447700900123', 'phone +447700900123']},
    "webhook-message-text-pre-bsuid.json":
        {'lines': ['in text: Hello'], 'talks': [(1, 'open', 'Hello')], 'people': [('Priya N.', '+447700900123', '')]},
    "webhook-message-text-unicode-escaped-wire.json":
        {'lines': ['in text: Grüße 🚲 و مرحبا'],
         'talks': [(1, 'open', 'Grüße 🚲 و مرحبا')],
         'people': PRIYA},
    "webhook-message-text-username-no-wa-id.json":
        {'lines': ['in text: Can I message without sharing my number?'],
         'talks': [(1, 'open', 'Can I message without sharing my number?')],
         'people': [('Sam', '', 'GB.55820017764390218845')]},
    "webhook-message-text.json":
        {'lines': ['in text: Do you open on Saturday?'],
         'talks': [(1, 'open', 'Do you open on Saturday?')],
         'people': PRIYA},
    "webhook-message-unsupported.json":
        {'lines': ['in unsupported'],
         'holds': [{'unsupported': {'what': 'poll_creation', 'why': 'Message type is currently not supported.'}}],
         'talks': [(1, 'open', 'Something we cannot show (poll creation)')],
         'people': PRIYA},
    "webhook-message-video.json":
        {'lines': ['in video: Noise at the rear'],
         'holds': [{'mime': 'video/mp4'}],
         'files': ['video video/mp4'],
         'talks': [(1, 'open', 'Video: Noise at the rear')],
         'people': PRIYA},
    "webhook-phone-number-name.json": {'noted': ['channel.told']},
    "webhook-phone-number-quality.json":
        {'channel': ['tier TIER_UNLIMITED', 'throughput HIGH'], 'noted': ['channel.told']},
    "webhook-security.json": {'noted': ['channel.told']},
    "webhook-smb-message-echoes.json":
        {'lines': ['out text: Typed on the shop phone'],
         'talks': [(0, 'shut', 'Typed on the shop phone')],
         'people': PRIYA},
    "webhook-status-delivered-bsuid.json": {'sent': ['delivered']},
    "webhook-status-delivered-free-entry-point.json": {'sent': ['delivered']},
    "webhook-status-delivered-service-charged.json": {'sent': ['delivered']},
    "webhook-status-delivered.json": {'sent': ['delivered']},
    "webhook-status-failed-130472.json": {'sent': ['failed 130472']},
    "webhook-status-failed-131026.json": {'sent': ['failed 131026']},
    "webhook-status-failed-131047.json": {'sent': ['failed 131047']},
    "webhook-status-failed-131049.json": {'sent': ['failed 131049']},
    "webhook-status-failed-131050-opted-out.json":
        {'consent': ['withdrawn'], 'sent': ['failed 131050'], 'noted': ['contact.withdrew']},
    "webhook-status-failed-131053-media.json": {'sent': ['queued 131053']},
    "webhook-status-failed-132015-pacing.json": {'sent': ['failed 132015']},
    "webhook-status-group-read.json": {'sent': ['read']},
    "webhook-status-played.json": {'sent': ['read']},
    "webhook-status-read.json": {'sent': ['read']},
    "webhook-status-sent-v23-conversation.json": {'sent': ['sent']},
    "webhook-status-sent.json": {'sent': ['sent']},
    "webhook-template-category-changed.json":
        {'templates': ['winter_offer approved marketing', 'service_reminder approved marketing'],
         'noted': ['template.drifted']},
    "webhook-template-category-warning.json": {'noted': ['template.drifted']},
    "webhook-template-components.json":
        {'templates': ['winter_offer unclear marketing', 'service_reminder approved utility'],
         'noted': ['template.drifted']},
    "webhook-template-quality.json":
        {'templates': ['winter_offer approved marketing medium', 'service_reminder approved utility'],
         'noted': ['template.drifted']},
    "webhook-template-status-approved.json": {},
    "webhook-template-status-disabled.json":
        {'templates': ['winter_offer disabled marketing', 'service_reminder approved utility'],
         'noted': ['template.disabled']},
    "webhook-template-status-paused.json":
        {'templates': ['winter_offer paused marketing', 'service_reminder approved utility'],
         'noted': ['template.paused']},
    "webhook-template-status-pending-deletion.json":
        {'templates': ['winter_offer pending_deletion marketing', 'service_reminder approved utility'],
         'noted': ['template.stands']},
    "webhook-template-status-rejected.json":
        {'templates': ['winter_offer rejected marketing', 'service_reminder approved utility'],
         'noted': ['template.rejected']},
    "webhook-user-id-update.json":
        {'people': [('', '+447700900123', 'GB.88801122334455667788')], 'further': ['user_id GB.70193358812046671930']},
    "webhook-user-preferences-resume.json":
        {'people': [('', '+447700900123', 'GB.70193358812046671930')],
         'consent': ['granted'],
         'noted': ['contact.consented']},
    "webhook-user-preferences-stop.json":
        {'people': [('', '+447700900123', 'GB.70193358812046671930')],
         'consent': ['withdrawn'],
         'noted': ['contact.withdrew']},
    "webhook-value-errors-only.json": {},
}
