/// Something in a set-up that keeps a milter from its work: what, why it matters, and what mends it.
package struct Fault: Equatable, Sendable {
  package enum Weight: String, Sendable {
    /// Mail is refused, delayed, or passes unfiltered for it.
    case wrong
    /// It works, and may not be what is wanted.
    case doubtful
  }

  /// Tells kinds of faults apart, for programs: `path-closed`, `spelling`.
  package let id: String
  package let weight: Weight
  /// Where it is: `main.cf, smtpd_milters`.
  package var places: [String]
  package let what: String
  package let why: String
  package let remedies: [Remedy]

  package init(
    _ id: String, _ weight: Weight = .wrong, at place: String, _ what: String, why: String,
    mend remedies: [Remedy] = []
  ) {
    self.id = id
    self.weight = weight
    places = [place]
    self.what = what
    self.why = why
    self.remedies = remedies
  }

  /// The same thing, and mended by the same lines.
  func isSame(as other: Fault) -> Bool {
    id == other.id && what == other.what && remedies == other.remedies
  }
}

/// A line to paste, and where.
package struct Remedy: Equatable, Sendable {
  package enum Place: String, Sendable {
    case mainCF = "main.cf"
    case masterCF = "master.cf"
    case sendmailMC = "sendmail.mc"
    case sendmailCF = "sendmail.cf"
    case shell
    /// Words: nothing can be written down for whoever has to do it.
    case words
  }

  package let place: Place
  package let text: String

  package init(_ place: Place, _ text: String) {
    self.place = place
    self.text = text
  }

  /// As a heading over the line.
  package var heading: String {
    switch place {
    case .mainCF: "in main.cf, then postfix reload"
    case .masterCF: "in master.cf, then postfix reload"
    case .sendmailMC: "in sendmail.mc, then make the cf anew and restart sendmail"
    case .sendmailCF: "in sendmail.cf, then restart sendmail"
    case .shell: "in a shell"
    case .words: "by hand"
    }
  }
}
