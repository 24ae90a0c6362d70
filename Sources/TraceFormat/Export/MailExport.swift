import Delivery
import MilterProtocol
import Timeline
import TraceModel

extension ExportFormat {
  package static let eml = ExportFormat(
    "eml", fileExtension: "eml",
    "each mail with content as a file: as the milter saw it, or with `--delivered` as the MTA would deliver it",
    options: [.takesDelivered, .isFilePerMail, .isRaw]
  ) { MailExport($0) }
}

/// One mail a step, headers and body with CRLF; what never got as far as its headers is no mail.
struct MailExport: Exporter {
  private let input: ExportInput
  private let messages: [Int]
  private(set) var remarks: [String] = []

  init(_ input: ExportInput) {
    self.input = input
    messages = input.messages.filter { input.index.messages[$0].bytes > 0 }
  }

  var stepCount: Int { messages.count }

  /// `c7.1.eml`: connection and message.
  func fileName(_ step: Int) -> String? { name(messages[step]) + ".eml" }

  private func name(_ message: Int) -> String {
    let entry = input.index.messages[message]
    return "c\(input.index.connections[entry.connection].number).\(entry.number)"
  }

  mutating func step(_ number: Int, into bytes: inout [UInt8]) {
    let content = input.index.content(ofMessage: messages[number], from: input.source)
    let name = name(messages[number])
    if content.bodyIsCut { remarks.append("\(name): the body is longer than what is kept, and cut") }
    if let unseen = content.unseen { remarks.append("\(name): this is not all of the mail: \(unseen.words)") }
    guard let rules = input.delivery else { return bytes.append(mail: content) }
    let result = EffectiveResult(of: content, under: rules)
    if let fate = Self.words(result.fate) { remarks.append("\(name): \(rules.name) \(fate)") }
    for words in Self.words(result.remarks) { remarks.append("\(name): \(words)") }
    bytes.append(delivered: result)
    // A new body stands whole, whatever was seen of the old one.
    if let unseen = content.unseen, result.bodyPackets.isEmpty { bytes.append(unseen) }
  }

  /// Each remark once, with the packets that it is about.
  private static func words(_ remarks: [EffectRemark]) -> [String] {
    var order: [String] = []
    var packets: [String: [String]] = [:]
    for remark in remarks {
      if packets[remark.text] == nil { order.append(remark.text) }
      packets[remark.text, default: []].append(String(remark.packet))
    }
    return order.map { text in
      let numbers = packets[text] ?? []
      return "\(numbers.count == 1 ? "packet" : "packets") \(numbers.joined(separator: ", ")): \(text)"
    }
  }

  /// What the file does not tell; nil for a mail that is delivered.
  private static func words(_ fate: EffectiveResult.Fate) -> String? {
    switch fate {
    case .delivered: nil
    case .pending, .aborted, .lost: "was not told a verdict; this is what it would deliver"
    case .held: "holds it in its queue"
    case .discarded: "discards it; this is what it would have delivered"
    case .rejected: "rejects it; this is what it would have delivered"
    case .tempfailed: "puts it off; this is what it would have delivered"
    case .failed(let why): "fails it: \(ListingText.inert(why)); this is what it would have delivered"
    }
  }
}

extension [UInt8] {
  /// Headers and body as the milter saw them.
  mutating func append(mail content: MessageContent) {
    for seen in content.headers {
      append(contentsOf: seen.header.name)
      append(UInt8(ascii: ":"))
      if !content.keepsLeadingSpace { append(UInt8(ascii: " ")) }
      append(folding: seen.header.value)
      append(contentsOf: [0x0D, 0x0A])
    }
    append(contentsOf: [0x0D, 0x0A])
    append(contentsOf: content.body)
    if let unseen = content.unseen { append(unseen) }
  }

  /// Headers and body as an MTA delivers them, but for what it adds itself.
  mutating func append(delivered result: EffectiveResult) {
    for line in result.deliveredHeaders {
      append(stored: line)
      append(contentsOf: [0x0D, 0x0A])
    }
    append(contentsOf: [0x0D, 0x0A])
    append(stored: result.body)
  }

  /// A line that nobody takes for the mail's own, in place of what is not there.
  fileprivate mutating func append(_ unseen: MessageContent.Unseen) {
    if let last, last != 0x0A { append(contentsOf: [0x0D, 0x0A]) }
    append(contentsOf: "[mitmilter: \(unseen.words)]\r\n".utf8)
  }

  /// With CRLF for each LF: a CR in front of one is content.
  mutating func append(stored text: [UInt8]) {
    for byte in text {
      if byte == 0x0A { append(0x0D) }
      append(byte)
    }
  }

  /// A header's value, so that it stays one header: line ends at its end go, and others become folds, or the mail would be
  /// cut there. (Findings H01 and H02 tell of them.)
  mutating func append(folding value: [UInt8]) {
    let end = value.lastIndex { $0 != 0x0D && $0 != 0x0A }.map { $0 + 1 } ?? 0
    let lines = value[..<end].split(separator: 0x0A, omittingEmptySubsequences: false)
    for (place, line) in lines.enumerated() {
      if place > 0 { append(contentsOf: [0x0D, 0x0A]) }
      if place > 0, line.first != 0x20, line.first != 0x09 { append(0x20) }
      append(contentsOf: place < lines.count - 1 && line.last == 0x0D ? line.dropLast() : line)
    }
  }

  /// With CRLF where there is LF alone, as MTAs store and send folds.
  mutating func append(crlf text: [UInt8]) {
    var previous: UInt8 = 0
    for byte in text {
      if byte == 0x0A, previous != 0x0D { append(0x0D) }
      append(byte)
      previous = byte
    }
  }
}
