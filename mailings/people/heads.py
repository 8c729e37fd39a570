"""What the heads of lists mean, in English, Dutch, Danish, Norwegian, Swedish and German: a table of words."""

from __future__ import annotations

import re
import unicodedata

#: field -> heads, compared without capitals, accents, blanks and signs; a number behind one is left off ("E-mail 2")
WORDS: dict[str, str] = {
    "name": """name | full name | contact | contact name | contact person | person | recipient | customer | customer name
        member | participant | naam | volledige naam | contactpersoon | klant | klantnaam | ontvanger | deelnemer | lid | navn
        fulde navn | fuldt navn | kontaktperson | modtager | deltager | kunde | kundenavn | medlem | fullt navn | kontakt
        mottaker | deltaker | namn | fullständigt namn | fullt namn | mottagare | deltagare | kund | kundnamn
        vollständiger name | ansprechpartner | empfänger | teilnehmer | kundenname | mitglied""",
    "first_name": """first name | given name | forename | voornaam | roepnaam | fornavn | förnamn | tilltalsnamn | vorname""",
    "middle_name": """middle name | second name | tussenvoegsel | tussenvoegsels | voorvoegsel | mellemnavn | mellomnavn
        mellannamn | zweiter vorname | mittelname""",
    "last_name": """last name | surname | family name | achternaam | familienaam | efternavn | etternavn | efternamn | nachname
        familienname | zuname""",
    "email": """email | e-mail | mail | email address | e-mail address | mail address | work email | business email
        private email | primary email | contact email | email work | email private | mailadres | e-mailadres | emailadressen
        zakelijk e-mailadres | e-mail zakelijk | e-mail privé | mailadresse | e-mailadresse | emailadresser | arbejdsmail
        privat mail | epost | e-post | epostadresse | e-postadresse | jobb-epost | privat epost | epost jobb | epost privat
        epostadress | e-postadress | mejl | mejladress | mailadress | e-mail-adresse | elektronische adresse
        e-mail geschäftlich | e-mail privat""",
    "mobile": """mobile | mobile phone | mobile number | mobile no | mobile phone number | cell | cell phone | cellphone
        cell number | sms | sms number | mobiel | mobiele telefoon | mobiel nummer | mobiele nummer | gsm | gsm nummer
        telefoon mobiel | mobil | mobiltelefon | mobilnummer | mobilnr | mobiltlf | mobiltelefonnummer | telefon mobil
        mobiltelefonnr | mobilnummer sms | handy | handynummer""",
    "phone": """phone | telephone | phone number | tel | office phone | work phone | switchboard | telefoon | telefoonnummer
        tlf | telefon | telefonnummer | telefonnr | tlfnr | telefonnr arbeid""",
    "direct_phone": """direct | direct phone | direct line | doorkiesnummer | direkte | direkte telefon | direkttelefon
        durchwahl""",
    "company": """company | company name | organisation | organization | employer | firm | business name | account
        account name | bedrijf | bedrijfsnaam | organisatie | werkgever | firma | firmanaam | firmanavn | virksomhed
        virksomhedsnavn | selskab | organisasjon | bedrift | bedriftsnavn | selskap | arbeidsgiver | arbejdsgiver | företag
        företagsnamn | arbetsgivare | bolag | unternehmen | firmenname | arbeitgeber""",
    "language": """language | preferred language | lang | taal | voorkeurstaal | sprog | foretrukket sprog | språk
        foretrukket språk | föredraget språk | sprache | bevorzugte sprache""",
    "country": """country | country code | nation | land | landcode | landkode | landskod | ländercode | länderkürzel""",
    "consent": """consent | marketing consent | email consent | e-mail consent | gdpr consent | gdpr | newsletter consent
        permission | legal basis | legal base | opt in | optin | toestemming | marketing toestemming | rechtsgrond | grondslag
        samtykke | markedsføringssamtykke | samtykke epost | samtykke e-post | retsgrundlag | behandlingsgrunnlag
        rettslig grunnlag | samtycke | rättslig grund | einwilligung | zustimmung | rechtsgrundlage""",
    "opt_outs": """topics opted out | opted out topics | opted out | opt out | opt outs | optout | unsubscribed
        unsubscribed topics | unsubscribed from | does not take | afgemeld | afgemeld voor | afgemelde onderwerpen
        uitgeschreven | framelding | frameldt | frameldte emner | afmeldt | afmeldt emner | meldt av | avmeldt | avmeldte emner
        reservert | reservasjoner | reserveret | avregistrerad | avregistrerade ämnen | avanmäld | avanmälda ämnen | abgemeldet
        abgemeldet von | abgemeldete themen""",
    "interests": """interests | interest | interesses | interesse | interessegebieden | interesser | intressen | interessen""",
    "salutation": """salutation | mr mrs | mr ms | aanhef | aanspreekvorm | tiltale | tiltaleform | hilsen | tilltal | anrede""",
    "title": """title | titel | tittel""",
    "position": """position | job title | role | functie | functietitel | stilling | stillingsbetegnelse | jobtitel | befattning
        roll | rolle""",
    # without `address` alone, under which many lists have e-mail addresses
    "street": """street | street address | street name | postal address | post address | home address | private address | address line
        straat | straatnaam | straat en huisnummer | postadres | huisadres | woonadres | adresregel | gade | gadeadresse | vej
        vejnavn | postadresse | privatadresse | adresselinje | gate | gateadresse | gatenavn | hjemmeadresse | gata | gatuadress
        postadress | hemadress | adressrad | strasse | straße | straße und hausnummer | anschrift | postanschrift | adresszeile""",
    "zip": """zip | zip code | zipcode | postal code | postcode | post code | postcode privé | postnummer | postnr | post nr
        postkode | plz | postleitzahl""",
    "city": """city | town | post town | place | plaats | woonplaats | stad | plaatsnaam | by | bynavn | postdistrikt | sted
        poststed | stedsnavn | postort | ort | stadt | wohnort""",
    "use_as_postal": """use as postal address | use private address | use home address | gebruik als postadres
        gebruiken als postadres | brug som postadresse | bruk som postadresse | använd som postadress | als postanschrift verwenden
        als postadresse verwenden""",
    "company_street": """company address | company street | company postal address | business address | work address | bedrijfsadres
        postadres bedrijf | straat bedrijf | firmaadresse | firma adresse | firma postadresse | virksomhedsadresse | arbejdsadresse
        bedriftsadresse | bedrift postadresse | arbeidsadresse | företagsadress | företagets adress | företag postadress
        firmenadresse | firmenanschrift | firma anschrift | firma straße""",
    "company_zip": """company zip | company zip code | company postal code | company postcode | postcode bedrijf | bedrijfspostcode
        firma postnummer | firma postnr | virksomhed postnummer | bedrift postnummer | bedrift postnr | företag postnummer
        företagets postnummer | firma plz | firmen plz""",
    "company_city": """company city | company town | plaats bedrijf | bedrijfsplaats | vestigingsplaats | firma by | virksomhed by
        firma poststed | bedrift poststed | företag postort | företag ort | företagets postort | firma ort | firmensitz""",
    "company_country": """company country | land bedrijf | bedrijfsland | firma land | firmaland | virksomhed land | bedrift land
        företag land | företagets land | firmenland""",
}

_DIGITS_BEHIND = re.compile(r"\d+$")
_REMARK = re.compile(r"[(\[{].*?[)\]}]")
#: letters that are no accented ones for Unicode, spelled as people do who have no such key
_SPELLED = str.maketrans({"ø": "o", "æ": "ae", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "œ": "oe", "ı": "i"})


def plain(text: str) -> str:
    """A head or word without capitals, accents, blanks and signs: `E-Post *` and `épost` are both `epost`."""
    spelled = unicodedata.normalize("NFKD", text.casefold().translate(_SPELLED))
    return "".join(sign for sign in spelled if sign.isalnum())


def field_of(head: str) -> str | None:
    """The field a head names, None for heads we do not know. `E-mail 2`, `E-mail (work)` and `E-mail:` are `email`."""
    key = plain(_REMARK.sub("", head)) or plain(head)
    return FIELDS.get(key) or FIELDS.get(_DIGITS_BEHIND.sub("", key))


def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for field, words in WORDS.items():
        for word in words.replace("\n", "|").split("|"):
            if key := plain(word):
                table.setdefault(key, field)
    return table


FIELDS = _table()
