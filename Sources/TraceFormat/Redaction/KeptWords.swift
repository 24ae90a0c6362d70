import MilterProtocol

/// Words that say nothing about anybody, by where they may stand: whole words, lower case.
enum KeptWords {
  static let everywhere = set("unknown localhost")

  static let schemes = set("http https mailto ftp ipv6 rfc822 utf-8 dns smtp")

  static let charsets = set(
    """
    utf-8 utf8 us-ascii ascii utf-16 utf-7 koi8-r koi8-u gb2312 gbk gb18030 big5 shift_jis euc-jp euc-kr
    iso-2022-jp windows-1250 windows-1251 windows-1252 windows-1253 windows-1254 windows-1255 windows-1256
    windows-1257 cp1252 latin1 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7
    iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16
    """)

  /// What MTAs and filters write between names: Received, results, replies, ESMTP arguments.
  static let technical = everywhere.union(charsets).union(schemes).union(
    set(
      """
      from by with for id via using helo ehlo esmtp smtp esmtps esmtpa esmtpsa utf8smtp utf8smtps lmtp lmtps
      postfix sendmail no client certificate requested verified not may be forged cipher bits key-exchange
      server-signature server-digest tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 sslv3 tls envelope-from client-ip
      receiver identity mailfrom authenticated sender
      pass fail none neutral softfail permerror temperror policy bestguesspass hardfail discard quarantine
      dkim spf dmarc arc auth iprev dkim-adsp dkim-atps header.from header.d header.i header.s header.a header.b
      smtp.mailfrom smtp.helo smtp.rcpttodomain policy.iprev reason mechanism comment action dis sp key bit
      rsa-sha256 rsa-sha1 ed25519-sha256 relaxed simple sha256 sha1 rsa verification signature bad failed ok
      yes true false score required tests autolearn version spam ham virus clean infected detected
      550 554 421 450 451 452 command rejected reject rejected message mail mailbox user recipient address
      service unavailable try again later please greylisted blocked denied refused access accepted queued
      found blacklisted listed temporarily temporary error failure delayed too many size exceeded large
      authentication account relay relaying quota content invalid test milter see info contains
      text plain html calendar csv xml multipart mixed alternative related signed encrypted report digest
      rfc822 delivery-status disposition-notification partial application octet-stream pdf zip json
      pkcs7-signature pkcs7-mime x-pkcs7-signature pgp-signature pgp-encrypted image png jpeg gif audio video
      charset name filename boundary format flowed fixed delsp protocol micalg pgp-sha256 pgp-sha512 sha-256
      type report-type attachment inline size creation-date modification-date
      7bit 8bit binary base64 quoted-printable 8bitmime binarymime
      bulk list junk auto-replied auto-generated normal high low urgent non-urgent
      ret notify orcpt envid body full hdrs never success delay smtputf8 requiretls
      inet inet6 unix local esmtp relay discard mta msa smtpd tag_invalid permitted
      """))

  /// What this program says, and what is said to it.
  static let own: Set<[UInt8]> = {
    var words = technical
    for rule in FindingRule.all {
      for text in [rule.title, rule.consequence] { words.formUnion(pieces(text)) }
    }
    for kind in CommandKind.allCases { words.insert(Array(kind.name.utf8).map(lowercase)) }
    for kind in ReplyKind.allCases { words.insert(Array(kind.name.utf8).map(lowercase)) }
    for (_, name) in ActionFlags.table { words.insert(Array(name.utf8).map(lowercase)) }
    for (_, name) in ProtocolFlags.table { words.insert(Array(name.utf8).map(lowercase)) }
    for macro in KnownMacro.table where macro.name.utf8.count > 1 { words.insert(Array(macro.name.utf8)) }
    return words.union(
      set(
        """
        mitmilter proxy demo open show lint export --listen --milter -w --write --negotiation --offer --default
        --headless --json -q -v -f -r -c --filter --rules --command --on-timeout --on-milter-failure --mta
        --mta-timeout --no-color transparent widen all replay send diff milter --log --hold --actions --steps
        --no-reply --request-macros --protocol-version --rejected-rcpts --leading-space
        hold forward step drop continue accept tempfail skip connfail shutdown reply answer progress
        add-header insert-header change-header delete-header add-rcpt delete-rcpt change-from replace-body
        prefix-header delete-part replace-part set raw delay close mark unmark note on do once log every and or not in
        contains startswith endswith command verdict modification connect mail rcpt data header eoh bodyeob
        abort quit optneg macro held edited injected dropped answered marked conn msg n len time took queue
        mail.address mail.args rcpt.address helo.name client.host client.address client.port header.name
        header.value reply.code reply.text message.subject message.size message.rcpts message.header finding
        message.from address args index value
        expected found there is are has have had with without while after before than that which what at of the
        a an as it its no only already than but blank hyphen byte bytes offset line lines end ends alone code
        codes status word empty beyond recipient recipients string strings number packet payload field family
        hostname port reason parameters terminated unterminated missing truncated surplus known unknown wanted
        negotiated leading in front one own puts lies longer short expects most takes differs blanks index
        second seconds ms milliseconds minutes ended connection keeps waiting waits what was dropped narrows
        shown promised travel travels their our new body place late modifications which would over turn
        unreachable cannot connection refused timed out route host network such file or directory permission
        permanent timeout operator rule default program stops stopped other leg reset peer both between first
        last letter letters macros stage reached sent came
        """))
  }()

  private static func set(_ words: String) -> Set<[UInt8]> { Set(pieces(words)) }

  private static func pieces(_ text: String) -> [[UInt8]] {
    text.utf8.split { $0 <= 0x20 || ",;:()'".utf8.contains($0) }.map { piece in
      var word = piece.map(lowercase)
      while let last = word.last, last == UInt8(ascii: ".") { word.removeLast() }
      // An option is a word behind hyphens.
      while let first = word.first, first == UInt8(ascii: "-") { word.removeFirst() }
      return word
    }
  }
}
