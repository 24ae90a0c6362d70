/// What the demo shows: mails that a postmaster knows, and slips that one meets. All addresses are reserved ones.
enum DemoScript {
  static let clients: [DemoClient] = [
    DemoClient(
      hostname: "mail.example.org", address: "192.0.2.7", greeting: "mail.example.org",
      mails: [
        mail(
          "4XyA1b2c3d", from: "alice@example.org", to: ["bob@example.net"], subject: "Minutes of Tuesday",
          headers: [
            (
              "References",
              "<20260301.1@example.org>\n\t<20260302.7@example.net>\n\t<20260303.2@example.org>"
            )
          ], body: "Hello Bob,\r\n\r\nthe minutes are below.\r\n.\r\nAlice\r\n"),
        mail(
          "4XyA1b4f7q", from: "alice@example.org", to: ["nobody@example.net", "carol@example.net"],
          subject: "Lunch?", body: "Thursday at noon?\r\n"),
        mail(
          "4XyA1b7k9m", from: "alice@example.org", to: ["bob@example.net"],
          subject: "=?utf-8?q?Gr=C3=BC=C3=9Fe_aus_Z=C3=BCrich?=",
          headers: [
            ("MIME-Version", "1.0"), ("Content-Type", "multipart/mixed;\n\tboundary=\"part-of-a-letter\""),
          ],
          body: """
            --part-of-a-letter\r
            Content-Type: text/plain; charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            Sch=C3=B6ne Gr=C3=BC=C3=9Fe, the figures are in the =\r
            attachment.\r
            --part-of-a-letter\r
            Content-Type: text/csv; name=figures.csv\r
            Content-Disposition: attachment; filename=figures.csv\r
            Content-Transfer-Encoding: base64\r
            \r
            cXVhcnRlcixtYWlscw0KMSw0NzExDQoyLDQ3MTINCg==\r
            --part-of-a-letter--\r

            """),
      ]),
    DemoClient(
      hostname: "out.bulk.example", address: "198.51.100.23", greeting: "out.bulk.example",
      mails: [
        mail(
          "4XyA1c0001", from: "offers@bulk.example", to: ["bob@example.net"],
          subject: "100% off, only today", body: "Buy.\r\n")
      ]),
    DemoClient(
      hostname: "[2001:db8::25]", address: "2001:db8::25", greeting: "newcomer.example",
      mails: [
        mail(
          "4XyA1d0001", from: "first@newcomer.example", to: ["bob@example.net"], subject: "A first mail",
          body: "We have not met.\r\n")
      ]),
    DemoClient(
      hostname: "mx.example.com", address: "192.0.2.80", greeting: "mx.example.com",
      mails: [
        mail(
          "4XyA1e0001", from: "billing@example.com", to: ["accounts@example.net"], subject: "Invoice 4711",
          headers: [("Content-Type", "application/octet-stream;\n\tname=\"invoice.exe\"")],
          body: "MZ, more or less.\r\n"),
        mail(
          "4XyA1e0002", from: "dora@example.com", to: ["bob@example.net"], subject: "Quarterly figures",
          headers: [("X-Priority", "1"), ("X-Spam-Flag", "NO"), ("X-Spam-Flag", "YES")],
          body: "Figures attached, nearly.\r\n"),
      ]),
    DemoClient(
      hostname: "big.example.org", address: "192.0.2.99", greeting: "big.example.org",
      mails: [
        mail(
          "4XyA1f0001", from: "scans@example.org", to: ["archive@example.net"], subject: "Scan of the plan",
          body: String(
            repeating: "VGhpcyBpcyBub3QgcmVhbGx5IGEgc2NhbiBvZiBhbnl0aGluZy4uLiBidXQgbG9uZy4=\r\n",
            count: 2_800)
        )
      ]),
    DemoClient(
      hostname: "slow.example.net", address: "192.0.2.50", greeting: "slow.example.net",
      mails: [
        mail(
          "4XyA1g0001", from: "slow@example.net", to: ["bob@example.net"], subject: "Needs a long look",
          body: "Take your time.\r\n")
      ]),
    DemoClient(
      hostname: "evil.example", address: "203.0.113.9", greeting: "evil.example",
      mails: [
        mail(
          "4XyA1h0001", from: "mallory@evil.example", to: ["bob@example.net"],
          subject: "\u{1B}]0;owned\u{7}\u{1B}[2J\u{1B}[31mred \u{202E}txt.exe", body: "\u{1B}[?1049hBoo.\r\n")
      ]),
    DemoClient(
      hostname: "probe.example", address: "203.0.113.66", greeting: "probe.example"),
    DemoClient(
      hostname: "virus.example", address: "203.0.113.13", greeting: "virus.example",
      mails: [
        mail(
          "4XyA1i0001", from: "worm@virus.example", to: ["bob@example.net"], subject: "I love letters",
          body: "Run me.\r\n")
      ]),
    DemoClient(
      hostname: "hasty.example", address: "192.0.2.120", greeting: "hasty.example",
      mails: [
        mail(
          "4XyA1j0001", from: "hasty@example.org", to: ["bob@example.net"], subject: "The milter is hasty",
          body: "It adds a header too early.\r\n")
      ], slip: .unterminatedGreeting),
    DemoClient(
      hostname: "gone.example", address: "192.0.2.121", greeting: "gone.example",
      mails: [
        mail(
          "4XyA1k0001", from: "gone@example.org", to: ["bob@example.net"], subject: "Never finished",
          body: "This is not\r\n")
      ], slip: .leaves),
    DemoClient(
      hostname: "web.example", address: "192.0.2.200", greeting: "",
      slip: .words("GET / HTTP/1.1\r\nHost: mail.example.net:8891\r\nUser-Agent: curious\r\n\r\n")),
  ]

  private static func mail(
    _ queueID: String, from sender: String, to recipients: [String], subject: String,
    headers: [(String, String)] = [], body: String
  ) -> DemoMail {
    let domain = sender.split(separator: "@").last ?? ""
    return DemoMail(
      queueID: queueID, sender: "<\(sender)>", arguments: ["SIZE=\(body.utf8.count)"],
      recipients: recipients.map { "<\($0)>" },
      headers: [
        ("Received", "from desk.\(domain) by mail.\(domain)\n\twith ESMTPSA; Tue, 3 Mar 2026 09:12:04 +0100"),
        ("From", sender), ("To", recipients.joined(separator: ", ")), ("Subject", subject),
        ("Message-ID", "<\(queueID)@\(domain)>"),
      ] + headers, body: Array(body.utf8))
  }
}
