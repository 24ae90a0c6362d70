import ArgumentParser
import Conformance
import MilterProtocol
import ProxyRuntime
import Sending
import TraceModel

/// Goes through the checklist with an MTA, and prints what came of each fault.
struct MTAConformance {
  let submission: SubmissionOptions
  let printer: ChecklistPrinter
  var checklist: MTAChecklist

  mutating func run(on stage: consuming MilterStage) throws {
    let target = try submission.smtp.map { try MilterTarget(try milterAddress($0)) }
    let mail = target == nil ? nil : try submission.mail
    while let trial = checklist.next() {
      var submitted: MilterStage.Submission?
      if let target, let mail { submitted = try submission.submission(trial, from: mail, to: target) }
      let (client, records) = stage.play(TrialMilter(trial), submitted, title: "\(trial.id): \(trial.what)")
      checklist.take(MTACourse(records, client: client))
      for report in checklist.takeReports() { printer.print(report) }
    }
    for report in checklist.takeReports() { printer.print(report) }
    stage.finish()
    if checklist.wasNeverThere {
      throw Failure(
        "the MTA never came to the milter at \(stage.address)",
        hint: "name this address in its configuration: smtpd_milters, INPUT_MAIL_FILTER")
    }
    try printer.finish()
  }
}
