import MTAConfiguration
import MilterProtocol

/// This machine, for whoever looks for faults. Each address is asked once, whoever names it.
package final class Machine: Surroundings {
  private var probed: [String: ProbedMilter] = [:]
  package private(set) lazy var listeners = Listeners.all

  package init() {}

  package func account(_ name: String) -> Account? { Accounts.account(name) }

  package func survey(_ path: String, below root: String) -> PathSurvey {
    PathLook.survey(path, below: root)
  }

  package func text(of path: String) -> String? {
    (try? wholeFile(path, limit: 4 << 20)).map { String(decoding: $0, as: UTF8.self) }
  }

  package func probe(_ address: MilterAddress, as mta: MeasuredMTA) -> ProbedMilter {
    let key = "\(mta.rawValue) \(address)"
    if let known = probed[key] { return known }
    let result = MilterProbe.run(address, as: mta)
    probed[key] = result
    return result
  }
}
