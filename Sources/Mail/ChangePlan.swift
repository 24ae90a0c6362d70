import MilterProtocol
import TraceModel

/// What the changes of one message come to at its end: modifications in order, and changes that come to nothing.
package struct ChangePlan: Equatable, Sendable {
  /// Modifications, each set with the place of its change among those given.
  package private(set) var steps: [Step] = []
  package private(set) var refused: [Refused] = []

  package struct Step: Equatable, Sendable {
    package var change: Int
    package var modifications: [Modification]

    package init(change: Int, modifications: [Modification]) {
      self.change = change
      self.modifications = modifications
    }
  }

  package struct Refused: Equatable, Sendable {
    package var change: Int
    package var refusal: Refusal
  }

  /// - Parameters:
  ///   - headers: the message's headers as the milter saw them, in order.
  ///   - body: all of it; nil where it is not known.
  package init(_ changes: [Change], headers: [Header], body: [UInt8]?) {
    let places = changes.indices.filter { changes[$0].rewritesPart }
    var rewrite = places.isEmpty ? nil : body.map { BodyRewrite($0, of: headers) }
    var carried: [Int] = []
    for place in places {
      do throws(Refusal) {
        guard rewrite != nil else {
          throw Refusal("the body is not known here: rules see it whole, and you at the end of the message")
        }
        try rewrite?.carryOut(changes[place])
        // Where nothing fits, the body stays as it is.
        if rewrite?.isChanged ?? false { carried.append(place) }
      } catch {
        refused.append(Refused(change: place, refusal: error))
      }
    }
    var headers = headers
    for place in changes.indices {
      if !changes[place].rewritesPart {
        let modifications = changes[place].modifications(on: headers)
        steps.append(Step(change: place, modifications: modifications))
        for case .chgHeader(let index, let header) in modifications { headers.change(header, index) }
      } else if place == carried.first, let rewrite {
        // All parts in one run of chunks: Postfix takes no second one.
        var modifications = rewrite.newHeaders.map { Modification.chgHeader(index: 1, $0) }
        if rewrite.changesBody {
          modifications += Change.replaceBody(.text(rewrite.result)).modifications(on: headers)
        }
        steps.append(Step(change: place, modifications: modifications))
      }
    }
  }
}

extension BodyRewrite {
  fileprivate mutating func carryOut(_ change: Change) throws(Refusal) {
    switch change {
    case .deletePart(.number(let number)): try delete(number)
    case .deletePart(let choice): try delete(choice.fits)
    case .defang(.number(let number)): try defang(number)
    case .defang(let choice): try defang(choice.fits)
    case .replacePart(let choice, let source):
      switch (choice, source) {
      case (_, .file(let path)): throw Refusal("the contents of '\(others: path)' are not there")
      case (.number(let number), .text(let content)): try replace(number, with: content)
      case (_, .text(let content)): try replace(choice.fits) { _, _ in content }
      case (.number(let number), .aboutPart(let words)):
        try replace(number) { part, body in words.flatMap { $0.text(about: part, of: body) } }
      case (_, .aboutPart(let words)):
        try replace(choice.fits) { part, body in words.flatMap { $0.text(about: part, of: body) } }
      }
    case .addHeader, .insertHeader, .changeHeader, .prefixHeader, .deleteHeader, .addRcpt, .deleteRcpt,
      .changeFrom,
      .replaceBody, .quarantine:
      break
    }
  }
}

extension Change.PartChoice {
  /// Whether a part of no number is meant.
  fileprivate func fits(_ part: MIMEPart) -> Bool {
    switch self {
    case .number: false
    case .type(let glob): glob.matches(Array(part.type.type.utf8))
    case .name(let glob): part.fileName(.builtIn).map(glob.matches) ?? false
    }
  }
}

extension Change.PartWord {
  fileprivate func text(about part: MIMEPart, of body: [UInt8]) -> [UInt8] {
    switch self {
    case .plain(let bytes): bytes
    case .type: Array(part.type.type.utf8)
    // It stands in a text now, where a line of its own could be a boundary.
    case .name: (part.fileName(.builtIn) ?? []).map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }
    case .size: Array(String(part.decoded(from: body, limit: .max).bytes.count).utf8)
    }
  }
}

extension [Header] {
  /// What a later change starts from; deletions leave their header, for MTAs count on in different ways.
  fileprivate mutating func change(_ header: Header, _ index: UInt32) {
    guard !header.value.isEmpty else { return }
    let named = indices.filter { sameHeaderName(self[$0].name, header.name) }
    if let place = named.dropFirst(Swift.max(Int(index), 1) - 1).first { self[place].value = header.value }
  }
}
