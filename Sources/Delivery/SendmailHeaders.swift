import MilterProtocol
import Timeline
import TraceModel

/// Sendmail's list of headers (`headers.c`, `milter.c`; seen with Sendmail 8.17.1.9 and the headers that cf/m4/proto.m4
/// configures).
///
/// 1. The list begins with configured headers: its own Received, and defaults that are written only where the mail
///    brings none of that name. A default counts for INSHEADER whether it is written or not; 0 is below the first of them.
/// 2. What is added stands before the first of its name, be that deleted or a default that is not written, and takes the place of
///    such a default; where there is none, it stands at the end.
/// 3. A change or deletion counts what the client and filters brought, deleted or not. Where the index finds none of
///    these, it means the default.
/// 4. Indices are signed; those below 1 mean the first.
/// 5. Each LF ends a line, and a line that goes on without a blank gets one.
struct SendmailHeaders: HeaderList {
  private(set) var remarks: [EffectRemark] = []
  let failure: String? = nil
  private var entries: [Entry]
  private let lead: [UInt8]

  private struct Entry {
    var line: EffectiveResult.HeaderLine
    var kind: Kind
    /// A default whose value is taken from it: the mail brings one of that name, or a filter deleted it.
    var isTaken = false
    /// It was a default, and is written as such.
    var isExpanded = false

    enum Kind { case ofMail, ownReceived, configured }

    /// Of what a filter brought and deleted again only the place is left.
    var isShown: Bool { kind != .configured && !(line.isRemoved && line.isOfMilter) && !isEmptyDefault }
    /// A default without even a blank is not written.
    private var isEmptyDefault: Bool { isTaken && line.text.isEmpty }
  }

  /// Defaults in the order of `proto.m4`; its own Received stands behind the first.
  private static let configured = [
    "Return-Path",
    "Resent-Date", "Date", "Resent-From", "From", "Full-Name", "Resent-Message-Id", "Message-Id",
  ]
  /// Those that it writes where a mail has none. The others want a Resent- header or a mailer of their own.
  private static let writtenDefaults = ["Date", "From", "Message-Id"]

  init(_ seen: [MessageContent.SeenHeader], lead: [UInt8]) {
    self.lead = lead
    isResent = seen.contains { Self.isOfResending($0.header.name) }
    namesRecipients = seen.contains { SendmailWriting.isOfRecipients($0.header.name) }
    addressesEndAtBlanks = !seen.contains {
      SendmailWriting.isOfAddresses($0.header.name) && $0.header.value.contains { ",;<(".utf8.contains($0) }
    }
    entries = Self.configured.map {
      Entry(line: .init(name: Array($0.utf8), text: [], change: .kept), kind: .configured)
    }
    entries.insert(Entry(line: .ownReceived, kind: .ownReceived), at: 1)
    for header in seen {
      var line = EffectiveResult.HeaderLine(
        name: header.header.name, text: lead + header.header.value, change: .kept)
      line.packet = header.packet
      if let standing = standing(header.header.name) { entries[standing].isTaken = true }
      entries.append(Entry(line: line, kind: .ofMail))
    }
  }

  /// Only a mail that came with one may have headers of a second sending (`EF_RESENT` in headers.c).
  private let isResent: Bool
  /// Blind recipients are left out where the mail names others, else their header is written without them.
  private let namesRecipients: Bool
  /// See ``SendmailWriting/written(_:_:endAtBlanks:)``.
  let addressesEndAtBlanks: Bool

  var lines: [EffectiveResult.HeaderLine] {
    entries.filter(\.isShown).map(\.line).filter { !isNeverWritten($0.name) }
  }

  /// Those of a mail that it holds, which are written into its queue and read again. What stands where a default of its own would
  /// is cut, or left out if it is empty or one blank; what has a blank in its name is no header then (`queueup` in queue.c,
  /// `chompheader` in headers.c; seen with 8.17.1.9).
  var queuedLines: [EffectiveResult.HeaderLine] {
    entries.filter(\.isShown).compactMap { entry in
      if entry.line.name.contains(where: isBlank) || isNeverWritten(entry.line.name) { return nil }
      var line = entry.line
      if SendmailMIMEHeaders.isCutWhenRead(line.name, line.text) {
        line.text = Array(line.text.prefix(SendmailMIMEHeaders.bytesWhenRead))
      }
      guard entry.isExpanded else { return line }
      line.text = Array(line.text.prefix(Self.queuedBytes))
      return line.text.isEmpty || line.text == [UInt8(ascii: " ")] ? nil : line
    }
  }

  /// Of the value of a default, in the queue.
  private static let queuedBytes = 2047

  private func isNeverWritten(_ name: [UInt8]) -> Bool {
    SendmailWriting.isNeverWritten(name) || namesRecipients && SendmailWriting.isBlind(name)
      || !isResent && Self.isOfResending(name)
  }

  private static func isOfResending(_ name: [UInt8]) -> Bool {
    sameHeaderName(name.prefix(7), "Resent-".utf8)
  }

  /// Names of headers that it writes itself, since the mail has none of these.
  var defaults: [String] {
    entries.filter { $0.kind == .configured && !$0.isTaken }.map {
      String(decoding: $0.line.name, as: UTF8.self)
    }.filter(Self.writtenDefaults.contains)
  }

  /// Where the default of that name is, while it is one.
  private func standing(_ name: [UInt8]) -> Int? {
    entries.firstIndex { $0.kind == .configured && sameHeaderName($0.line.name, name) }
  }

  private func text(_ value: [UInt8]) -> [UInt8] {
    let pieces = value.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let folded = pieces.dropFirst().map { piece in
      piece.first.map(isBlank) ?? false ? Array(piece) : [UInt8(ascii: " ")] + piece
    }
    return lead + Array(([Array(pieces[0])] + folded).joined(separator: [UInt8(ascii: "\n")]))
  }

  private mutating func isNameless(_ header: Header, _ packet: Int) -> Bool {
    if isNeverWritten(header.name) {
      remarks.append(EffectRemark(packet: packet, text: "Sendmail does not hand such a header on"))
    }
    guard header.name.isEmpty else { return false }
    remarks.append(EffectRemark(packet: packet, text: "Sendmail ignores a header without a name"))
    return true
  }

  mutating func add(_ header: Header, _ packet: Int) {
    if isNameless(header, packet) { return }
    if let standing = standing(header.name) {
      take(standing, header, packet)
    } else if let first = entries.firstIndex(where: { sameHeaderName($0.line.name, header.name) }) {
      remarks.append(
        EffectRemark(
          packet: packet,
          text: entries[first].line.isRemoved
            ? "Sendmail puts it where one of that name was deleted"
            : "Sendmail puts it above the first header of that name"))
      insert(header, before: first, packet)
    } else {
      insert(header, before: entries.count, packet)
    }
  }

  /// A default goes through the expansion of macros, whose buffer ends there.
  private static let expandedBytes = 4095

  private func expanded(_ value: [UInt8]) -> [UInt8] {
    text(Array(value.prefix(Self.expandedBytes - lead.count)))
  }

  /// Writes a value in place of a default.
  private mutating func take(_ standing: Int, _ header: Header, _ packet: Int) {
    remarks.append(
      EffectRemark(packet: packet, text: "Sendmail puts it where its own would stand, near the top"))
    entries[standing].kind = .ofMail
    entries[standing].isTaken = true
    entries[standing].isExpanded = true
    entries[standing].line.text = expanded(header.value)
    entries[standing].line.change = .added(by: packet)
  }

  mutating func insert(_ header: Header, at index: UInt32, _ packet: Int) {
    if isNameless(header, packet) { return }
    let signed = Int(Int32(bitPattern: index))
    let place = min(max(0, signed) + 1, entries.count)
    insert(header, before: place, packet)
    if signed > 2, place < entries.count - 1 {
      entries[place].line.isPlacedRoughly = true
      let words =
        "Sendmail counts headers of its configuration: with others than by default the place differs"
      remarks.append(EffectRemark(packet: packet, text: words))
    }
  }

  private mutating func insert(_ header: Header, before place: Int, _ packet: Int) {
    entries.insert(
      Entry(
        line: .init(name: header.name, text: text(header.value), change: .added(by: packet)), kind: .ofMail),
      at: place)
  }

  mutating func change(_ header: Header, index: UInt32, _ packet: Int) {
    guard !header.name.isEmpty else {
      return remarks.append(EffectRemark(packet: packet, text: "Sendmail ignores it: no name"))
    }
    let named = entries.indices.filter {
      entries[$0].kind == .ofMail && sameHeaderName(entries[$0].line.name, header.name)
    }
    let wanted = max(1, Int(Int32(bitPattern: index)))
    let standing = standing(header.name)
    guard wanted <= named.count else {
      if let standing, !header.value.isEmpty || !entries[standing].isTaken {
        entries[standing].isTaken = true
        if header.value.isEmpty {
          remarks.append(
            EffectRemark(
              packet: packet, text: "there is no such header: Sendmail writes none of its own then"))
        } else {
          take(standing, header, packet)
        }
      } else {
        remarks.append(.noSuchHeader(header, packet))
        if !header.value.isEmpty { add(header, packet) }
      }
      return
    }
    let entry = named[wanted - 1]
    if header.value.isEmpty {
      entries[entry].line.change = .removed(by: packet)
    } else {
      let text = entries[entry].isExpanded ? expanded(header.value) : text(header.value)
      entries[entry].line.replace(entries[entry].line.name, text, by: packet)
    }
  }
}
