import Mail
import MilterProtocol

/// Words that say nothing about anybody, by where they may stand: whole words, lower case.
enum KeptWords {
  static let everywhere = set("unknown localhost")

  static let schemes = set("http https mailto ftp ipv6 rfc822 utf-8 dns smtp")

  static let charsets = Set(Charset.knownNames.map { Array($0.utf8) })

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

  /// The same in texts of which no digit is kept.
  static let said = technical.filter { word in !word.contains { (0x30...0x39).contains($0) } }

  /// What the command line has beside options and keywords of the language.
  static let program = everywhere.union(
    set(
      """
      mitmilter proxy demo open show lint export milter send replay diff doctor explain
      transparent widen all none forward pass postfix sendmail generic everything end-of-message
      trace report html json jsonl eml swaks miltertest pcapng
      """))

  /// Words that a sentence may have of which nobody knows the parts: those of titles and of what comes of a finding.
  static let sentences: Set<[UInt8]> = {
    var words = technical.union(set("rules in force"))
    for rule in FindingRule.all {
      for text in [rule.title, rule.consequence.text] { words.formUnion(pieces(text)) }
    }
    for kind in CommandKind.allCases { words.insert(Array(kind.name.utf8).map(lowercase)) }
    for kind in ReplyKind.allCases { words.insert(Array(kind.name.utf8).map(lowercase)) }
    return words
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
