import ArgumentParser
import MilterProtocol
import ProxyCore
import TraceModel

/// What a milter of ours tells the MTA that it wants and may do.
struct MilterRoleOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What may be done to mails, as far as the MTA offers it: add-header,quarantine or ADDHDRS,CHGHDRS or 0x1f.",
      valueName: "list"))
  var actions = "all"

  // -body is a word of the list, no option.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Commands to receive: mail,rcpt,header; or all but some: -body,-unknown.",
      valueName: "list"))
  var steps = "all"

  @Option(
    help: ArgumentHelp(
      "Stages at which the MTA shall not wait for a reply: header,body.", valueName: "stages"))
  var noReply = "none"

  @Option(
    help: ArgumentHelp(
      "Macros to request from the MTA at a stage: rcpt=i,client_addr; can be given again.",
      valueName: "stage=names"
    ))
  var requestMacros: [String] = []

  @Option(help: ArgumentHelp("The highest version to speak: 2, 3, 4 or 6.", valueName: "version"))
  var protocolVersion: UInt32 = 6

  @Flag(help: "Also receive recipients that the MTA itself refused.")
  var rejectedRcpts = false

  @Flag(help: "Send and receive header values with the white space after the colon.")
  var leadingSpace = false

  func role(_ verdict: Answer) throws -> ProxySettings.MilterRole {
    var flags: ProtocolFlags = [.skip]
    flags.formUnion(try read("--steps", steps, NegotiationWords.steps))
    flags.formUnion(try read("--no-reply", noReply, NegotiationWords.noReply))
    if rejectedRcpts { flags.insert(.rejectedRcpt) }
    if leadingSpace { flags.insert(.headerLeadingSpace) }
    let role = ProxySettings.MilterRole(
      verdict: verdict, actions: try read("--actions", actions, NegotiationWords.actions),
      protocolFlags: flags, version: try version(), symbolLists: try symbolLists())
    try checkVersion(role)
    return role
  }

  private func version() throws -> UInt32 {
    guard (2...6).contains(protocolVersion) else {
      throw Failure(
        "--protocol-version: expected 2 to 6, there is '\(protocolVersion)'",
        hint: "6 is what every MTA speaks since 2007; 2, 3 and 4 are older, 5 was skipped")
    }
    return protocolVersion
  }

  /// One list a stage: where an MTA gets two, the last one wins.
  private func symbolLists() throws -> [OptNeg.SymbolList] {
    var lists: [OptNeg.SymbolList] = []
    for text in requestMacros {
      let list = try read("--request-macros", text, NegotiationWords.symbolList)
      if let index = lists.firstIndex(where: { $0.stage == list.stage }) {
        lists[index].names += (lists[index].names.isEmpty ? [] : [0x20]) + list.names
      } else {
        lists.append(list)
      }
    }
    return lists
  }

  /// What was asked for, and that version does not know.
  private func checkVersion(_ role: ProxySettings.MilterRole) throws {
    guard role.version < 6 else { return }
    let known = Offer.flagsBefore6.union(.skip)
    let unknown = ProtocolFlags.table.first {
      role.protocolFlags.contains($0.flag) && !known.contains($0.flag)
    }
    let name = unknown?.name ?? (role.symbolLists.isEmpty ? nil : "SETSYMLIST")
    if let name {
      throw Failure(
        "--protocol-version \(role.version): \(name) came with version 6",
        hint: "leave --no-reply, --request-macros, --rejected-rcpts and --leading-space out")
    }
  }

  private func read<Value>(
    _ option: String, _ text: String, _ parse: (String) throws(NegotiationWords.Mistake) -> Value
  ) throws -> Value {
    do throws(NegotiationWords.Mistake) { return try parse(text) } catch {
      throw Failure("\(option): \(error.message)", hint: error.hint)
    }
  }
}
