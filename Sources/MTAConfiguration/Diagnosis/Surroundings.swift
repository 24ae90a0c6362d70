import MilterProtocol

/// What the machine shows whoever looks for faults: users, paths, programs that listen, and how milters answer.
///
/// Whoever implements it changes nothing on the machine, and waits for nobody longer than ten seconds.
package protocol Surroundings: AnyObject {
  /// nil where there is no such user.
  func account(_ name: String) -> Account?
  /// - Parameter root: what `/` stands for to whoever connects, without a slash at its end; empty for the machine's own.
  func survey(_ path: String, below root: String) -> PathSurvey
  func probe(_ address: MilterAddress, as mta: MeasuredMTA) -> ProbedMilter
  /// Of a file of at most a few megabytes; nil where it is none, or cannot be read.
  func text(of path: String) -> String?
  /// Programs that listen on this machine, as far as we may know of them.
  var listeners: [ListeningProgram] { get }
}

/// A program that listens on this machine.
package struct ListeningProgram: Equatable, Sendable {
  package let address: MilterAddress
  /// Name of its program file.
  package let program: String

  package init(_ address: MilterAddress, program: String) {
    self.address = address
    self.program = program
  }

  /// Whether it is a milter, by its name; of rspamd's ports one is (11332, `rspamd_proxy`, by default).
  var isMilter: Bool {
    if program == "rspamd" {
      guard case .inet(_, 11332, _) = address else { return false }
      return true
    }
    return Self.milters.contains(program) || program.hasSuffix("-milter")
  }

  private static let milters: Set = [
    "opendkim", "opendmarc", "openarc", "clamav-milter", "spamass-milter", "milter-greylist", "dkim-milter",
    "sid-milter", "smf-spf", "mailfromd", "amavisd-milter", "mitmilter",
  ]
}

extension Surroundings {
  /// The milter that was most likely meant by an address where there is none: the only one that listens here.
  func milter(insteadOf address: MilterAddress) -> ListeningProgram? {
    let others = listeners.filter { $0.isMilter && !$0.address.takesConnections(to: address) }
    return others.count == 1 ? others.first : nil
  }
}
