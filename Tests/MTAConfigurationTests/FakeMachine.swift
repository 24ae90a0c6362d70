import MTAConfiguration
import MilterProtocol

/// A machine as a test describes it.
final class FakeMachine: Surroundings {
  var accounts = [
    Account(name: "root", user: 0, groups: [0]), Account(name: "postfix", user: 103, groups: [106]),
  ]
  /// Sockets by their path as the machine has it: groups and modes from the folder above down.
  var sockets: [String: [PathSurvey.Component]] = [:]
  var probed: [String: ProbedMilter] = [:]
  var listeners: [ListeningProgram] = []
  private(set) var probes: [String] = []

  var texts: [String: String] = [:]

  func text(of path: String) -> String? { texts[path] }

  func account(_ name: String) -> Account? { accounts.first { $0.name == name } }

  func survey(_ path: String, below root: String) -> PathSurvey {
    let whole = root + path
    guard let components = sockets[whole] else {
      return PathSurvey(path: whole, root: root, components: [], ending: .missing(whole))
    }
    return PathSurvey(path: whole, root: root, components: components)
  }

  func probe(_ address: MilterAddress, as mta: MeasuredMTA) -> ProbedMilter {
    probes.append("\(mta.rawValue) \(address)")
    if let known = probed[address.description] { return known }
    var good = ProbedMilter(as: mta)
    good.answer = OptNeg(version: 6, actions: [.addHeaders], protocolFlags: [])
    return good
  }

  /// A socket `root:group mode` in a folder `root:group mode`.
  func put(
    _ path: String, folder: (group: UInt32, mode: UInt32) = (0, 0o755), socket: (group: UInt32, mode: UInt32)
  ) {
    let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    sockets[path] = [
      .init(parent, .folder, owner: .init(0, "root"), group: .init(folder.group), mode: folder.mode),
      .init(path, .socket, owner: .init(0, "root"), group: .init(socket.group), mode: socket.mode),
    ]
  }

  func ended(_ ending: ProbedMilter.Ending, at address: String) {
    var probed = ProbedMilter(as: .postfix)
    probed.ending = ending
    self.probed[address] = probed
  }
}
