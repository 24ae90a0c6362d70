import MilterProtocol

/// A modification as the operator asks for it; how many packets it takes depends on the message.
package enum Change: Equatable, Sendable {
  case addHeader(Header)
  /// Index 0 is above everything else.
  case insertHeader(index: UInt32, Header)
  /// The index-th header of that name, from 1.
  case changeHeader(index: UInt32, Header)
  /// Puts the value in front of that of the first header of that name; adds the header where there is none.
  case prefixHeader(Header)
  /// Every header whose name fits; with an index only the index-th of each name.
  case deleteHeader(HeaderPattern, index: UInt32?)
  /// ESMTP parameters as one string separated by spaces; they need another packet than a bare address.
  case addRcpt(address: [UInt8], parameters: [UInt8]?)
  case deleteRcpt(address: [UInt8])
  case changeFrom(address: [UInt8], parameters: [UInt8]?)
  case replaceBody(BodySource)
  case quarantine(reason: [UInt8])
  /// Takes the MIME part of that number, from 1, out of the body; the rest stays byte for byte.
  case deletePart(PartChoice)
  case replacePart(PartChoice, BodySource)
  /// Renames MIME parts so that nothing runs them; what is in them stays.
  case defang(PartChoice)

  /// Which MIME parts are meant.
  package enum PartChoice: Equatable, Sendable {
    /// By its number, from 1.
    case number(Int)
    /// Each whose type fits, `application/*`.
    case type(Glob)
    /// Each whose file's name fits, decoded.
    case name(Glob)
  }

  /// Where a new body or part comes from.
  package enum BodySource: Equatable, Sendable {
    case text([UInt8])
    case file(String)
    /// A text that says something of the part in whose place it comes.
    case aboutPart([PartWord])
  }

  /// A piece of a text about a part.
  package enum PartWord: Equatable, Sendable {
    case plain([UInt8])
    case type
    case name
    case size
  }

  package var source: BodySource? {
    get {
      switch self {
      case .replaceBody(let source), .replacePart(_, let source): source
      case .addHeader, .insertHeader, .changeHeader, .prefixHeader, .deleteHeader, .addRcpt, .deleteRcpt,
        .changeFrom, .quarantine, .deletePart, .defang:
        nil
      }
    }
    set {
      guard let newValue else { return }
      switch self {
      case .replaceBody: self = .replaceBody(newValue)
      case .replacePart(let number, _): self = .replacePart(number, newValue)
      case .addHeader, .insertHeader, .changeHeader, .prefixHeader, .deleteHeader, .addRcpt, .deleteRcpt,
        .changeFrom, .quarantine, .deletePart, .defang:
        break
      }
    }
  }

  /// Whether it is about one part of the body.
  package var rewritesPart: Bool {
    switch self {
    case .deletePart, .replacePart, .defang: true
    case .addHeader, .insertHeader, .changeHeader, .prefixHeader, .deleteHeader, .addRcpt, .deleteRcpt,
      .changeFrom, .replaceBody, .quarantine:
      false
    }
  }

  /// The packets that do it; empty where nothing fits, or where the body has to be rewritten first.
  ///
  /// Deletions go from the last to the first: Postfix counts what is left after each, Sendmail what there
  /// was (both seen), and only this order means the same to both.
  ///
  /// - Parameter headers: the message's headers as the milter saw them, in order.
  package func modifications(on headers: [Header]) -> [Modification] {
    switch self {
    case .addHeader(let header): [.addHeader(header)]
    case .insertHeader(let index, let header): [.insHeader(index: index, header)]
    case .changeHeader(let index, let header): [.chgHeader(index: index, header)]
    case .prefixHeader(let header): [Self.prefixed(header, in: headers)]
    case .deleteHeader(let pattern, let index): pattern.deletions(in: headers, index: index)
    case .addRcpt(let address, nil): [.addRcpt(address: address)]
    case .addRcpt(let address, let parameters): [.addRcptPar(address: address, parameters: parameters)]
    case .deleteRcpt(let address): [.delRcpt(address: address)]
    case .changeFrom(let address, let parameters): [.chgFrom(address: address, parameters: parameters)]
    case .replaceBody(.text(let body)): chunks(of: body)
    case .quarantine(let reason): [.quarantine(reason: reason)]
    case .replaceBody(.file), .replaceBody(.aboutPart), .deletePart, .replacePart, .defang: []
    }
  }

  /// Where values travel with the blank behind the colon, that goes: whoever sends the new value brings it again.
  /// Where there is no such header, both MTAs take the change for a new one.
  private static func prefixed(_ prefix: Header, in headers: [Header]) -> Modification {
    guard let old = headers.first(where: { sameHeaderName($0.name, prefix.name) }) else {
      return .chgHeader(index: 1, prefix)
    }
    let rest = old.value.first == 0x20 ? old.value.dropFirst() : old.value[...]
    return .chgHeader(index: 1, Header(name: old.name, value: prefix.value + rest))
  }

  /// An empty body still takes one chunk, as libmilter sends it.
  private func chunks(of body: [UInt8]) -> [Modification] {
    if body.isEmpty { return [.replBody([])] }
    return stride(from: 0, to: body.count, by: Limits.chunkBytes).map { start in
      .replBody(Array(body[start..<min(start + Limits.chunkBytes, body.count)]))
    }
  }
}
