import MilterProtocol
import Signatures

/// The headers of a mail before and after what the milter did with them, for what is signed of them.
struct HeaderChange {
  let before: [MailHeader]
  /// Deleted ones included.
  let after: [MailHeader]
  private let fieldsBefore: [HeaderField]
  private let fieldsAfter: [HeaderField]

  init(before: [MailHeader], after: [MailHeader]) {
    (self.before, self.after) = (before, after)
    fieldsBefore = before.map(\.field)
    fieldsAfter = after.filter { !$0.isDeleted }.map(\.field)
  }

  /// What one modification does to a signature.
  struct Damage {
    let edit: MailHeader.Edit
    var names: [[UInt8]]
    let survivesRelaxed: Bool
  }

  /// Whether the milter took the header that came in that packet away.
  func isGone(_ number: Int) -> Bool { after.first { $0.number == number }?.isDeleted ?? true }

  /// The milter closes the mail with an ARC set of its own.
  var sealsAnew: Bool {
    let known = Set(before.map(\.number))
    return after.contains {
      !$0.isDeleted && !known.contains($0.number) && sameHeaderName($0.nameBytes, "ARC-Seal".utf8)
    }
  }

  /// The modifications that broke a signature, each with the names of the headers that it takes otherwise now.
  ///
  /// - Parameter number: of the packet that brought the signature.
  func damages(to signature: Signature, _ number: Int) -> [Damage] {
    var names = signature.changedNames(from: fieldsBefore, to: fieldsAfter)
    let survives =
      signature.headers == .simple
      && signature.changedNames(from: fieldsBefore, to: fieldsAfter, .relaxed).isEmpty
    if let old = before.first(where: { $0.number == number }),
      let new = after.first(where: { $0.number == number }),
      !signature.headers.takesAlike(old.field, new.field)
    {
      names.append(old.nameBytes.map(lowercased))
    }
    var damages: [Damage] = []
    for name in names {
      guard let edit = firstEdit(of: name) else { continue }
      if let place = damages.firstIndex(where: { $0.edit.number == edit.number }) {
        damages[place].names.append(name)
      } else {
        damages.append(Damage(edit: edit, names: [name], survivesRelaxed: survives))
      }
    }
    return damages
  }

  private func firstEdit(of name: [UInt8]) -> MailHeader.Edit? {
    after.filter { sameHeaderName($0.nameBytes, name) }.compactMap(\.edit).min { $0.number < $1.number }
  }

  /// An ARC-Seal takes all ARC headers up to its own set, white space forgiven.
  func arcFindings() -> [Finding] {
    guard let seal = before.last(where: { sameHeaderName($0.nameBytes, "ARC-Seal".utf8) }) else { return [] }
    let now = Dictionary(after.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
    for old in before where old.nameBytes.prefix(4).map(lowercased).elementsEqual("arc-".utf8) {
      guard let new = now[old.number], let edit = new.edit,
        new.isDeleted || !Canonicalization.relaxed.takesAlike(old.field, new.field)
      else { continue }
      let text = Array(seal.valueBytes)
      let domain = TagList(text).value("d", in: text) ?? []
      return [
        Finding(
          .arcChanged, packet: edit.number,
          "\(edit.kind.name) breaks the ARC-Seal of \(wire: domain), which covers \(wire: old.nameBytes)")
      ]
    }
    return []
  }
}

extension HeaderChange.Damage {
  func finding(_ signature: Signature, heldBefore: Bool?) -> Finding {
    if heldBefore == false { return .brokenBefore(edit.kind.name, signature, packet: edit.number) }
    let names = names.map { "\(wire: $0)" as Sentence }.joined(", ")
    let cure: Sentence = survivesRelaxed ? "; relaxed would survive" : ""
    return Finding(
      signature.instance == nil ? .signedHeaderChanged : .arcChanged, packet: edit.number,
      "\(edit.kind.name) breaks \(signature.named): \(names) in h= (\(signature.headers.name))\(cure)")
  }
}
