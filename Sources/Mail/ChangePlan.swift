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
        carried.append(place)
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
        let body = Change.replaceBody(.text(rewrite.result))
        steps.append(Step(change: place, modifications: body.modifications(on: headers)))
      }
    }
  }
}

extension BodyRewrite {
  fileprivate mutating func carryOut(_ change: Change) throws(Refusal) {
    switch change {
    case .deletePart(let number): try delete(number)
    case .replacePart(let number, .text(let content)): try replace(number, with: content)
    case .replacePart(_, .file(let path)): throw Refusal("the contents of '\(others: path)' are not there")
    case .addHeader, .insertHeader, .changeHeader, .prefixHeader, .deleteHeader, .addRcpt, .deleteRcpt,
      .changeFrom,
      .replaceBody, .quarantine:
      break
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
