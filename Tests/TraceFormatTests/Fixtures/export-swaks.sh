#!/bin/sh
# Sends mails recorded by mitmilter through an MTA again: sh FILE [HOST:PORT]
server=${1:-127.0.0.1:25}

# message c1.1
base64 -d <<'END' | swaks --server "$server" --helo='mail.example.org' --from='alice@example.org' --to='bob@example.net' --no-data-fixup --data -
RnJvbTogQWxpY2UgPGFsaWNlQGV4YW1wbGUub3JnPg0KU3ViamVjdDogaXQncyAkKHJtIC1yZiAv
KSBgeGAgG10wO3QHDQoNCkhlbGxvLg0KLi5kb3QNCi4=
END

# message c2.1
swaks --server "$server" --helo='mail.example.org' --from='bob@example.net' --to='carol@example.org' --quit-after=RCPT
