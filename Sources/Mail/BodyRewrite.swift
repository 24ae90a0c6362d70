import MilterProtocol
import TraceModel

/// A body with some of its MIME parts deleted or replaced; every byte that belongs to none of them stays as it is.
///
/// Parts are named by their numbers in the body as it came (``MIMEPart/numbered``), whatever was changed before.
package struct BodyRewrite: Equatable, Sendable {
  private let body: [UInt8]
  private let whole: MIMEPart
  private let parts: [MIMEPart.Numbered]
  private let ownEncoding: [UInt8]
  private var edits: [Edit] = []

  private struct Edit: Equatable, Sendable {
    var number: Int
    var range: Range<Int>
    var bytes: [UInt8]
    var kind: Kind
    var deletes: Bool { kind == .deletion }

    enum Kind { case deletion, content, field }
  }

  /// Of a mail of one part, the headers that it is to have instead.
  package private(set) var newHeaders: [Header] = []

  /// - Parameters:
  ///   - body: the whole of it.
  ///   - headers: of the mail.
  package init(_ body: [UInt8], of headers: [Header]) {
    self.body = body
    whole = MIMEPart(headers: headers, body: body)
    parts = whole.numbered
    ownEncoding = headers.first { sameHeaderName($0.name, "Content-Transfer-Encoding".utf8) }?.value ?? []
  }

  package var result: [UInt8] {
    var bytes = body
    for edit in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
      bytes.replaceSubrange(edit.range, with: edit.bytes)
    }
    return bytes
  }

  package mutating func delete(_ number: Int) throws(Refusal) {
    let entry = try part(number)
    guard entry.depth > 0 else {
      throw Refusal("the mail has one part only, which cannot go: replace-part 1 puts something in its place")
    }
    let container = entry.parent.map { parts[$0] }
    guard (container?.part ?? whole).type.isMultipart else {
      throw Refusal("part \(number) is the mail in part \(container?.number ?? 0): delete that one")
    }
    let siblings = parts.filter { $0.parent == entry.parent && $0.number != number }
    guard siblings.contains(where: { other in !edits.contains { $0.deletes && $0.number == other.number } })
    else {
      throw Refusal(
        "part \(number) is the last of its multipart: replace-part \(number) puts something in its place")
    }
    let range = boundary(before: entry.part.header.lowerBound)..<lineEnd(at: entry.part.content.upperBound)
    edits.removeAll { range.contains($0.range.lowerBound) }
    edits.append(Edit(number: number, range: range, bytes: [], kind: .deletion))
  }

  /// Puts `content` in place of the part's own, encoded as its Content-Transfer-Encoding says.
  package mutating func replace(_ number: Int, with content: [UInt8]) throws(Refusal) {
    let entry = try part(number)
    guard !entry.part.type.isMultipart else {
      throw Refusal("part \(number) is a multipart: replace one of the parts in it")
    }
    let coded = try encoded(content, entry)
    // What it is called stays as it was asked for; deleted it is no longer.
    edits.removeAll { $0.number == number && $0.kind != .field }
    edits.append(Edit(number: number, range: entry.part.content, bytes: coded, kind: .content))
  }

  /// Whether it is another body.
  package var isChanged: Bool { changesBody || !newHeaders.isEmpty }
  package var changesBody: Bool { !edits.isEmpty }

  /// Takes out each part that fits; one that cannot go, since nothing else is in its multipart or in the mail, is emptied.
  package mutating func delete(_ fits: (MIMEPart) -> Bool) throws(Refusal) {
    for entry in fitting(fits) {
      do throws(Refusal) { try delete(entry.number) } catch { try replace(entry.number, with: []) }
    }
  }

  /// Puts something in place of each part that fits.
  package mutating func replace(
    _ fits: (MIMEPart) -> Bool, with content: (MIMEPart, _ body: [UInt8]) -> [UInt8]
  ) throws(Refusal) {
    for entry in fitting(fits) { try replace(entry.number, with: content(entry.part, body)) }
  }

  /// Gives the part a name and a type with which nothing is run; what is in it, and all its other fields, stay.
  package mutating func defang(_ number: Int) throws(Refusal) {
    let entry = try part(number)
    guard !entry.part.type.isMultipart else {
      throw Refusal("part \(number) is a multipart: defang one of the parts in it")
    }
    guard !edits.contains(where: { $0.deletes && $0.number == number }) else {
      throw Refusal("part \(number) is deleted already")
    }
    let fields = HarmlessFields(entry.part, number: number)
    guard entry.depth > 0 else {
      newHeaders = fields.all.map { Header(name: $0.name, value: $0.value) }
      return
    }
    edits.removeAll { $0.number == number && $0.kind == .field }
    let header = entry.part.header
    let block = HeaderBlock(body[header])
    var missing: [UInt8] = []
    for field in fields.all {
      let line = [0x20] + field.value
      let places = block.fields.filter { sameHeaderName(trimmedBlanks(body[$0.name]), field.name) }
      // A second one of that name may be what a reader looks at.
      for place in places {
        edits.append(Edit(number: number, range: place.value, bytes: line, kind: .field))
      }
      if places.isEmpty { missing += field.name + [0x3A] + line + [0x0D, 0x0A] }
    }
    guard !missing.isEmpty else { return }
    // Where nothing ends the header, that comes as well.
    if header.isEmpty { missing += [0x0D, 0x0A] }
    let start = header.lowerBound..<header.lowerBound
    edits.append(Edit(number: number, range: start, bytes: missing, kind: .field))
  }

  package mutating func defang(_ fits: (MIMEPart) -> Bool) throws(Refusal) {
    for entry in fitting(fits) { try defang(entry.number) }
  }

  package mutating func replace(
    _ number: Int, with content: (MIMEPart, _ body: [UInt8]) -> [UInt8]
  ) throws(Refusal) {
    try replace(number, with: content(try part(number).part, body))
  }

  /// Those with content of their own, and that are not in one that is deleted already.
  private func fitting(_ fits: (MIMEPart) -> Bool) -> [MIMEPart.Numbered] {
    parts.filter { entry in
      !entry.part.type.isMultipart && fits(entry.part)
        && !edits.contains { $0.deletes && $0.range.contains(entry.part.header.lowerBound) }
    }
  }

  // MARK: where parts lie

  private func part(_ number: Int) throws(Refusal) -> MIMEPart.Numbered {
    guard let entry = parts.first(where: { $0.number == number }) else {
      throw Refusal(
        parts.count == 1
          ? "there is no part \(number): the mail has one part"
          : "there is no part \(number): the last is \(parts.count)"
      )
    }
    let start = entry.part.header.lowerBound
    guard !edits.contains(where: { $0.deletes && $0.number != number && $0.range.contains(start) }) else {
      throw Refusal("part \(number) lies in a part that is deleted already")
    }
    return entry
  }

  /// Start of the boundary line that ends at `start`.
  private func boundary(before start: Int) -> Int {
    var begin = max(0, start - 1)
    while begin > 0, body[begin - 1] != UInt8(ascii: "\n") { begin -= 1 }
    return begin
  }

  /// Behind the line end at `end`, which belongs to the next boundary; `end` itself where that follows at once.
  private func lineEnd(at end: Int) -> Int {
    var next = end
    if next < body.count, body[next] == UInt8(ascii: "\r") { next += 1 }
    return next < body.count && body[next] == UInt8(ascii: "\n") ? next + 1 : end
  }

  // MARK: what stands in place of one

  private func encoded(_ content: [UInt8], _ entry: MIMEPart.Numbered) throws(Refusal) -> [UInt8] {
    let part = entry.part
    var bytes: [UInt8]
    switch part.encoding {
    case .base64: bytes = Base64.encoded(content)
    case .quotedPrintable: bytes = QuotedPrintable.encoded(content, isText: part.type.isText)
    case .identity: bytes = try plain(content, entry)
    }
    // A body ends with a line end; a part in a multipart has that of the boundary behind it.
    if entry.depth == 0, !bytes.isEmpty, bytes.last != UInt8(ascii: "\n") { bytes += [0x0D, 0x0A] }
    return bytes
  }

  /// For a part that travels as it is: what cannot is refused, not mangled.
  private func plain(_ content: [UInt8], _ entry: MIMEPart.Numbered) throws(Refusal) -> [UInt8] {
    let number = entry.number
    let name = encodingName(of: entry)
    func refusal(_ what: Sentence) -> Refusal {
      Refusal("part \(number) travels as it is (\(others: name)), and the new content has \(what)")
    }
    if name == "binary" { return content }
    if content.contains(0) { throw refusal("a NUL in it") }
    if name != "8bit", content.contains(where: { $0 > 127 }) { throw refusal("bytes above 127 in it") }
    let lines = lines(of: content)
    if lines.contains(where: { $0.contains(UInt8(ascii: "\r")) }) { throw refusal("a bare CR in it") }
    if lines.contains(where: { $0.count > 998 }) { throw refusal("a line of more than 998 bytes") }
    for boundary in boundaries(around: entry) where lines.contains(where: { $0.starts(with: boundary) }) {
      throw refusal("a line that looks like the boundary between parts")
    }
    return Array(lines.joined(separator: [0x0D, 0x0A]))
  }

  private func lines(of content: [UInt8]) -> [ArraySlice<UInt8>] {
    content.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      $0.last == 0x0D ? $0.dropLast() : $0
    }
  }

  /// Lower case; `7bit` where it is not said.
  private func encodingName(of entry: MIMEPart.Numbered) -> String {
    let value =
      entry.depth == 0
      ? ownEncoding[...]
      : HeaderBlock(body[entry.part.header]).value("Content-Transfer-Encoding".utf8, in: body) ?? []
    let name = String(decoding: trimmedBlanks(value).map(lowercased), as: UTF8.self)
    return ["8bit", "binary"].contains(name) ? name : "7bit"
  }

  private func boundaries(around entry: MIMEPart.Numbered) -> [[UInt8]] {
    var containers = [whole]
    var parent = entry.parent
    while let index = parent {
      containers.append(parts[index].part)
      parent = parts[index].parent
    }
    return containers.compactMap { $0.type["boundary"] }.map { Array("--".utf8) + $0 }
  }
}
