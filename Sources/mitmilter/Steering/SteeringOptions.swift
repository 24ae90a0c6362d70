import ArgumentParser
import CommandLanguage
import Dialogue
import MilterProtocol
import ProxyCore
import TraceModel

/// What a proxy may do beside passing everything on.
struct SteeringOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "File of rules, one per line; read again on SIGHUP where there is no screen.", valueName: "file"))
  var rules: [String] = []

  @Option(
    help: ArgumentHelp("Which packets to hold for the operator, e.g. bodyeob.", valueName: "expression"))
  var hold: String?

  @Option(
    help: ArgumentHelp(
      """
      transparent: what MTA and milter agree on. widen: every action that the MTA offers, so that modifications can be \
      injected. all: also every command that the milter declines. Default: widen with rules, a screen or --control, else transparent.
      """,
      valueName: "policy"))
  var negotiation: NegotiationPolicy?

  @Option(
    help: ArgumentHelp(
      "What the milter is offered at most: version=4,actions=ADDHDRS+CHGHDRS,protocol=none.",
      valueName: "offer"))
  var offer: String?

  @Option(
    help: ArgumentHelp(
      "postfix, sendmail, stalwart, maddy or generic (version 2). Default: told from its offer and macros.",
      valueName: "kind"))
  var mta: MTAChoice?

  @Option(
    help: ArgumentHelp(
      "The MTA's timeouts, for a reply to a command and to the content of the mail: 30s or 30s,300s.",
      valueName: "duration"))
  var mtaTimeout: String?

  @Option(help: ArgumentHelp("The milter's timeout for a command.", valueName: "duration"))
  var milterTimeout: String?

  @Option(
    help: ArgumentHelp(
      "What to do with a held packet before a peer's timeout: forward (the default), or a verdict.",
      valueName: "act"))
  var onTimeout: String?

  @Option(
    help: ArgumentHelp(
      "What to answer the MTA when the milter cannot be reached or closes: pass (close as well), or a verdict.",
      valueName: "act"))
  var onMilterFailure = "pass"

  /// What these options ask for, with the rules read.
  ///
  /// - Parameter screen: has the words of `--command`; without a screen they can only be rules.
  func plan(with screen: ScreenOptions, isShown: Bool) throws -> SteeringPlan {
    let holding = try hold.map { [try Self.rule(holding: $0)] } ?? []
    let sources = RuleSources(
      files: rules, commands: holding + (isShown ? screen.rules : screen.command))
    var controls = ProxySettings()
    let first = try sources.read(waiting: tell) { tell("warning: \($0)") }
    controls.rules = RuleBook(first)
    controls.mayGainRules = !rules.isEmpty
    let hasRules = !rules.isEmpty || !first.isEmpty
    controls.negotiation = negotiation ?? (hasRules ? .widen : .transparent)
    controls.offer = try offer.map(Offer.init(parsing:))
    controls.patience = try Self.patience(mta, mtaTimeout, milter: milterTimeout)
    controls.onTimeout = try Self.timeoutAct(onTimeout)
    controls.onMilterFailure = try Self.answer(onMilterFailure, or: "pass", of: "--on-milter-failure")
    return SteeringPlan(controls: controls, sources: sources, choosesNegotiation: negotiation != nil)
  }

  /// The rule that `--hold` stands for.
  static func rule(holding expression: String) throws -> String {
    do {
      return "on \(try Expression(parsing: expression).text) named hold do hold"
    } catch {
      throw Failure(error, in: "--hold", hint: "mitmilter help filters lists the terms")
    }
  }

  /// What the options say of whoever waits.
  static func patience(
    _ mta: MTAChoice?, _ mtaTimeout: String?, of option: String = "--mta-timeout",
    milter milterTimeout: String? = nil
  ) throws -> Patience {
    var patience = Patience.told(mta ?? .auto)
    patience.told.timeouts = try mtaTimeout.map { try timeouts(parsing: $0, of: option) }
    if let milterTimeout { patience.milter = try span(milterTimeout, of: "--milter-timeout") }
    return patience
  }

  static func timeoutAct(_ text: String?) throws -> ProxySettings.TimeoutAct? {
    try text.map { try answer($0, or: "forward", of: "--on-timeout").map { .answer($0) } ?? .forward }
  }

  private static func timeouts(parsing text: String, of option: String) throws -> MTATimeouts {
    let parts = text.split(separator: ",", maxSplits: 1).map(String.init)
    let command = try span(parts.first ?? "", of: option)
    let content = try parts.count > 1 ? span(parts[1], of: option) : command
    return MTATimeouts(command: command, content: content)
  }

  static func span(_ text: String, of option: String) throws -> Moment.Span {
    guard let microseconds = Units.microseconds(text), microseconds > 0 else {
      throw Failure(
        "\(option): expected a duration, there is '\(text)'",
        hint: "a number above 0 and its unit: 30s, 5m, 1h, 500ms")
    }
    return Moment.Span(microseconds: microseconds)
  }

  /// nil for `word`.
  static func answer(_ text: String, or word: String, of option: String) throws -> Answer? {
    if text.lowercased() == word { return nil }
    let hint = "verdicts are accept, reject, tempfail, discard, continue, reply CODE \"TEXT\""
    let first = InstructionWord(rawValue: text.prefix { $0 != " " }.lowercased())
    let isVerdict = first.map { InstructionTerm.byWord[$0]?.category == .verdict } ?? false
    do throws(SyntaxError) {
      if case .answer(let answer) = try Instruction(parsing: text) { return answer }
    } catch {
      if isVerdict { throw Failure(error, in: option, hint: hint) }
    }
    let expected = word.isEmpty ? "a verdict" : "\(word) or a verdict"
    throw Failure("\(option): expected \(expected), there is '\(text)'", hint: hint)
  }
}

/// What the engine is set to, and where its rules come from.
struct SteeringPlan {
  var controls = ProxySettings()
  var sources = RuleSources(files: [], commands: [])
  /// The operator chose the policy; otherwise a screen makes it `widen`.
  var choosesNegotiation = false

  /// For a run with a screen: an operator may act on anything.
  var attended: SteeringPlan {
    var plan = self
    plan.controls.isAttended = true
    if !choosesNegotiation { plan.controls.negotiation = .widen }
    return plan
  }
}

extension SteeringPlan {
  /// For a run to which screens attach and which they leave.
  ///
  /// - Parameter holdsUnattended: what rules hold waits though no screen is there.
  func attachable(holdsUnattended: Bool) -> SteeringPlan {
    var plan = self
    plan.controls.mayGainRules = true
    plan.controls.holdsUnattended = holdsUnattended
    if !choosesNegotiation { plan.controls.negotiation = .widen }
    return plan
  }
}

extension NegotiationPolicy: ExpressibleByArgument {}

extension MTAChoice: ExpressibleByArgument {
  public init?(argument: String) { self.init(rawValue: argument.lowercased()) }

  /// What `--mta` is for.
  public static var allValueStrings: [String] { allCases.filter { $0 != .auto }.map(\.rawValue) }
}
