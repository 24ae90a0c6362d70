import MilterProtocol

/// Something that an MTA does to a milter, and what a milter has to make of it.
package struct MilterTrial: Sendable {
  /// A word, by which it is asked for.
  package let id: String
  package let group: Group
  /// What is done.
  package let what: String
  package let bar: Bar
  /// Stages that the milter has to want, and to let the mail get through.
  package let stages: [Stage]
  package let steps: @Sendable (TrialMail) -> [TrialStep]

  package enum Group: String, Sendable, CaseIterable {
    case negotiation, client, envelope, content, order, ends, broken

    package var title: String {
      switch self {
      case .negotiation: "What MTAs offer"
      case .client: "Clients"
      case .envelope: "Envelopes"
      case .content: "Headers and bodies"
      case .order: "Several mails, mails taken back"
      case .ends: "How connections end"
      case .broken: "What no MTA should send"
      }
    }
  }

  /// What a milter has to do.
  package enum Bar: Equatable, Sendable {
    /// It answers each command once, and the mail gets a verdict.
    case goesOn
    /// The last mail fares as the plain one does.
    case fares
    /// It closes its end.
    case closes
    /// It may answer, ignore it or close; what libmilter does. Whatever it does, the next mail is served.
    case survives(libmilter: String)

    package var words: String {
      switch self {
      case .goesOn: "each command answered once, and a verdict"
      case .fares: "the same verdict and changes as of the plain mail"
      case .closes: "it closes its end, and serves the next mail"
      case .survives(let libmilter): "libmilter \(libmilter); whatever it does, the next mail is served"
      }
    }
  }

  /// Another mail is sent while its connection is open.
  package var isHeld: Bool = false

  init(
    _ id: String, _ group: Group, _ what: String, _ bar: Bar, _ stages: [Stage] = [],
    steps: @escaping @Sendable (TrialMail) -> [TrialStep]
  ) {
    (self.id, self.group, self.what, self.bar) = (id, group, what, bar)
    (self.stages, self.steps) = (stages, steps)
  }

  /// While the connection stays open, another mail has to be served.
  func held() -> MilterTrial {
    var trial = self
    trial.isHeld = true
    return trial
  }
}
