import MilterProtocol

/// Whose rules say what becomes of verdicts and modifications (protocol.md 4.2 to 4.5).
package enum DeliveryRules: String, Hashable, Sendable, CaseIterable {
  case postfix, sendmail

  package var name: String { self == .postfix ? "Postfix" : "Sendmail" }

  /// Told from what one of the two alone does; nil where nothing of that kind was seen (protocol.md 3.3, 3.4, 5.2, 5.3).
  ///
  /// Postfix names itself in `v`, has `{daemon_addr}` unasked, and sends macros for HEADER and BODY. Sendmail has macros
  /// that Postfix does not know (`{if_name}`, `{msg_id}`), tags IPv6 addresses in CONNECT, and has a queue id at MAIL
  /// already of mail that came by SMTP.
  package init?(told facts: SessionFacts) {
    let macros = facts.macros
    let version = macros.value("v".utf8)?.value.bytes ?? []
    let letters = macros.announced
    if version.starts(with: "Postfix".utf8) || letters.contains(UInt8(ascii: "L"))
      || letters.contains(UInt8(ascii: "B"))
    {
      self = .postfix
    } else if version.starts(with: "8.".utf8) || facts.client?.hasTaggedAddress ?? false {
      self = .sendmail
    } else if let told = Self.told(byNames: macros) {
      self = told
    } else if macros.value("daemon_addr".utf8) != nil, !facts.negotiation.requestsMacros(at: .connect) {
      self = .postfix
    } else if macros.value("i".utf8)?.letter == UInt8(ascii: "M"), facts.client?.port ?? 0 > 0 {
      self = .sendmail
    } else {
      return nil
    }
  }

  /// By a macro that only one of the two has.
  private static func told(byNames macros: MacroFacts) -> DeliveryRules? {
    for fact in macros.all {
      guard let known = KnownMacro.named(fact.name.bytes) else { continue }
      switch (known.postfix, known.sendmail) {
      case (.never, .onRequest), (.never, .byDefault): return .sendmail
      case (.onRequest, .never), (.byDefault, .never): return .postfix
      case (.never, .never), (.onRequest, .onRequest), (.onRequest, .byDefault), (.byDefault, .onRequest),
        (.byDefault, .byDefault):
        continue
      }
    }
    return nil
  }
}

extension ClientFacts {
  /// Sendmail writes `IPv6:` in front of the address in CONNECT, Postfix does not.
  fileprivate var hasTaggedAddress: Bool {
    family == UInt8(ascii: "6") && address?.bytes.starts(with: "IPv6:".utf8) ?? false
  }
}

extension NegotiationFacts {
  /// Whether the milter gave a list of its own of the macros that it wants at a stage.
  func requestsMacros(at stage: MacroStage) -> Bool {
    answered?.requestsMacros(at: stage) ?? false
  }
}
