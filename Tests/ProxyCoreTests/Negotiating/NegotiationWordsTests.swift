import MilterProtocol
import ProxyCore
import Testing

@Suite struct NegotiationWordsTests {
  @Test(
    arguments: [
      ("add-header", ActionFlags.addHeaders), ("insert-header", .addHeaders),
      ("add-header,quarantine", [.addHeaders, .quarantine]),
      ("ADDHDRS+SMFIF_CHGFROM", [.addHeaders, .changeFrom]), ("modbody", .changeBody),
      ("delete-header add-rcpt-par", [.changeHeaders, .addRcptWithParameters]), ("all", .current),
      ("none", []),
      ("ALLOPTS", .current), ("SMFIF_ALLOPTS_V2", ActionFlags(rawValue: 0x3F)),
      ("ALLOPTS_V6", [.changeFrom, .addRcptWithParameters, .setSymbolList]),
      ("SMFI_V1_ACTS+QUARANTINE", [.addHeaders, .changeBody, .addRcpt, .deleteRcpt, .quarantine]),
      ("v6_acts", .current), ("SMFI_CURR_ACTS", .current),
      ("0x1f", ActionFlags(rawValue: 0x1F)), ("33", [.addHeaders, .quarantine]),
    ] as [(String, ActionFlags)])
  func actionsAreNamedInEveryWay(text: String, actions: ActionFlags) throws {
    #expect(try NegotiationWords.actions(parsing: text) == actions)
  }

  @Test(
    arguments: [
      ("all", ProtocolFlags()), ("none", .allNoCommand), ("bodyeob", .allNoCommand),
      ("mail,rcpt,header", [.noConnect, .noHelo, .noBody, .noEOH, .noUnknown, .noData]),
      ("envfrom", ProtocolFlags.allNoCommand.subtracting(.noMail)),
      ("-body,-unknown", [.noBody, .noUnknown]), ("NOBODY,SMFIP_NOUNKNOWN", [.noBody, .noUnknown]),
      ("-body,NOEOH", [.noBody, .noEOH]), ("ALLPROTOS", .allNoCommand),
      ("SMFI_V1_PROT", [.noConnect, .noHelo, .noMail, .noRcpt, .noBody, .noHeaders]),
      ("SMFIP_ALLPROTOS_V6", [.noUnknown, .noData]),
    ] as [(String, ProtocolFlags)])
  func stepsDeclineTheRest(text: String, declined: ProtocolFlags) throws {
    #expect(try NegotiationWords.steps(parsing: text) == declined)
  }

  @Test(
    arguments: [
      ("none", ProtocolFlags()), ("header", .noReplyHeaders), ("NR_HDR", .noReplyHeaders),
      ("NOHREPL,body", [.noReplyHeaders, .noReplyBody]), ("all", .allNoReply),
      ("connect,unknown", [.noReplyConnect, .noReplyUnknown]), ("SMFI_CURR_PROT", .allNoReply),
    ] as [(String, ProtocolFlags)])
  func stagesWithoutReplyAreNamed(text: String, flags: ProtocolFlags) throws {
    #expect(try NegotiationWords.noReply(parsing: text) == flags)
  }

  @Test(
    arguments: [
      ("rcpt=i,client_addr", 3, "i {client_addr}"), ("EOM={i} msg_id", 5, "i {msg_id}"), ("eoh=i", 6, "i"),
      ("connect=", 0, ""),
    ] as [(String, UInt32, String)])
  func macrosAreAskedForByStage(text: String, stage: UInt32, names: String) throws {
    let list = try NegotiationWords.symbolList(parsing: text)
    #expect(list == OptNeg.SymbolList(stage: stage, names: Array(names.utf8)))
  }

  @Test(
    arguments: [
      ("actions", "ad-header", "unknown action 'ad-header'", "did you mean 'add-header'?"),
      ("actions", "", "expected an action, there is nothing", ""),
      ("actions", "x", "unknown action 'x'", ""),
      ("steps", "mial", "unknown step 'mial'", "did you mean 'mail'?"),
      ("steps", "mail,-body", "'-body' leaves a step out, other words name those that are seen", ""),
      ("steps", "-bodyeob", "end of message cannot be left out", ""),
      ("no-reply", "headr", "unknown stage 'headr'", "did you mean 'header'?"),
      ("no-reply", "eom", "end of message is always answered", ""),
      ("macros", "rcpt", "expected STAGE=NAMES, there is 'rcpt'", ""),
      ("macros", "body=i", "no macros can be asked for at BODY", ""),
      ("macros", "rcpt={a", "'{a' is no name of a macro", ""),
    ] as [(String, String, String, String)])
  func mistakesSayWhatWasExpected(of what: String, text: String, message: String, hint: String) {
    let mistake = #expect(throws: NegotiationWords.Mistake.self) {
      switch what {
      case "actions": _ = try NegotiationWords.actions(parsing: text)
      case "steps": _ = try NegotiationWords.steps(parsing: text)
      case "no-reply": _ = try NegotiationWords.noReply(parsing: text)
      default: _ = try NegotiationWords.symbolList(parsing: text)
      }
    }
    #expect(mistake?.message == message)
    #expect(mistake?.hint.isEmpty == false)
    if !hint.isEmpty { #expect(mistake?.hint == hint) }
  }
}
