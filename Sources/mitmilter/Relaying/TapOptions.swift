import ArgumentParser
import MTAConfiguration
import ProxyRuntime
import TraceModel

/// Where MTAs connect and where the milters are: one of each, or several by name.
struct TapOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Where the MTA connects.", valueName: "address"))
  var listen: String?

  @Option(help: ArgumentHelp("Where the milter is.", valueName: "address"))
  var milter: String?

  @Option(
    help: ArgumentHelp(
      "One of several milters: its name, where the MTA connects, where the milter is. Repeat it for each.",
      valueName: "name=listen,milter"))
  var tap: [String] = []

  @Option(help: ArgumentHelp("File of taps: NAME=LISTEN,MILTER, one per line.", valueName: "file"))
  var taps: String?

  func plans() throws -> [GatePlan] {
    guard tap.isEmpty, taps == nil else { return try severalPlans() }
    let missing = [
      listen == nil ? "--listen <address>" : nil, milter == nil ? "--milter <address>" : nil,
    ].compactMap { $0 }
    guard let listen, let milter else {
      throw Failure(
        "mitmilter proxy needs \(missing.joined(separator: " and "))",
        hint: "mitmilter proxy --help lists the options")
    }
    let plan = GatePlan(listen: try listeningAddress(listen), milter: try milterAddress(milter))
    if let milter = plan.milter, let listen = plan.listen, listen.takesConnections(to: milter) {
      throw Failure(
        "the milter's address \(milter) is the one to listen on: every connection would come back to us",
        hint: "give --milter the address of the milter itself")
    }
    return [plan]
  }

  private func severalPlans() throws -> [GatePlan] {
    if let one = listen.map({ _ in "--listen" }) ?? milter.map({ _ in "--milter" }) {
      throw Failure(
        "\(one) is for one milter, \(tap.isEmpty ? "--taps" : "--tap") for several: they do not go together",
        hint: "give that one a name, too: --tap NAME=LISTEN,MILTER")
    }
    var plans = try tap.map { try GatePlan(parsing: $0, of: "--tap") }
    if let taps {
      let text = String(decoding: try wholeFile(taps), as: UTF8.self)
      for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        let words = line.trimmingPrefix { $0.isWhitespace }
        if words.isEmpty || words.hasPrefix("#") { continue }
        let word = String(words.reversed().trimmingPrefix { $0.isWhitespace }.reversed())
        plans.append(try GatePlan(parsing: word, of: "\(taps):\(place + 1)"))
      }
      if plans.isEmpty { throw Failure("'\(taps)' names no taps", hint: GatePlan.hint) }
    }
    try GatePlan.check(plans)
    return plans
  }
}

/// One place to listen, and the milter behind it.
struct GatePlan {
  /// nil where there is but one.
  var name: String?
  /// nil where systemd listens for us.
  var listen: MilterAddress?
  /// nil where we are the milter.
  var milter: MilterAddress?

  init(listen: MilterAddress?, milter: MilterAddress?) {
    self.listen = listen
    self.milter = milter
  }

  static let hint = "such as opendkim=inet:8892@127.0.0.1,inet:8891@127.0.0.1"

  /// - Parameter place: where the text stands, for the message.
  init(parsing text: String, of place: String) throws {
    guard let sign = text.firstIndex(of: "=") else {
      throw Failure("\(place): expected NAME=LISTEN,MILTER, there is '\(text)'", hint: Self.hint)
    }
    let name = String(text[..<sign])
    guard Tap.isName(name) else {
      throw Failure(
        "\(place): '\(name)' is no name for a tap",
        hint:
          "a letter, then letters, digits, '-', '_' and '.', \(Tap.longestName) at most: tap == opendkim asks for it"
      )
    }
    let rest = text[text.index(after: sign)...]
    let commas = rest.indices.filter { rest[$0] == "," }
    guard let first = commas.first else {
      throw Failure(
        "\(place): expected two addresses with a comma between them behind '\(name)=', there is '\(rest)'",
        hint: Self.hint)
    }
    // A path may have commas in it: the first one behind which an address follows is meant.
    let comma = commas.first { (try? MilterAddress(parsing: String(rest[rest.index(after: $0)...]))) != nil }
    let parts = [String(rest[..<(comma ?? first)]), String(rest[rest.index(after: comma ?? first)...])]
    guard parts[0] != "systemd" else {
      throw Failure(
        "\(place): systemd hands over one socket, for --listen alone",
        hint: "give the tap an address of its own")
    }
    let addresses = try parts.map { try Self.address($0, of: place) }
    self.name = name
    (listen, milter) = (addresses[0], addresses[1])
  }

  private static func address(_ text: String, of place: String) throws -> MilterAddress {
    do { return try MilterAddress(parsing: text) } catch {
      throw Failure("\(place): \(error.message)", hint: MilterAddress.ParsingError.hint)
    }
  }

  /// What is wrong with them together: names and addresses that are there twice, and milters that are ourselves.
  static func check(_ plans: [GatePlan]) throws {
    guard plans.count <= Gate.most else {
      throw Failure("\(plans.count) taps are too many: \(Gate.most) at most", hint: nil)
    }
    for (place, plan) in plans.enumerated() {
      for other in plans[..<place] {
        if plan.words == other.words {
          throw Failure("two taps have the name '\(plan.words)'", hint: "a name says which milter it is")
        }
        if let listen = plan.listen, let taken = other.listen,
          listen.takesConnections(to: taken) || taken.takesConnections(to: listen), !listen.isFree
        {
          throw Failure(
            "taps '\(other.words)' and '\(plan.words)' listen on the same address, \(listen)",
            hint: "an MTA tells them apart by it: give each its own")
        }
      }
      for other in plans {
        guard let milter = plan.milter, let listen = other.listen, listen.takesConnections(to: milter),
          !listen.isFree
        else { continue }
        let end = "every connection would come back to us"
        throw Failure(
          plan.words == other.words
            ? "tap '\(plan.words)': the milter's address \(milter) is the one to listen on: \(end)"
            : "tap '\(plan.words)': the milter's address \(milter) is where tap '\(other.words)' listens: \(end)",
          hint: "name the address of the milter itself; the MTA asks one after the other, taps do not")
      }
    }
  }

  private var words: String { name ?? "" }
}

extension MilterAddress {
  /// A free port is asked for: another one for each.
  fileprivate var isFree: Bool { if case .inet(_, 0, _) = self { true } else { false } }
}
