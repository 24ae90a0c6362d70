import MTAConfiguration
import TraceFormat

/// A diagnosis as one object of JSON on a line: `ok`, `faults`, `seen`, `unseen` (docs/doctor.md).
enum DiagnosisJSON {
  static func append(_ diagnosis: Diagnosis, to bytes: inout [UInt8]) {
    bytes.append(ascii: diagnosis.isSound ? "{\"ok\":true,\"faults\":" : "{\"ok\":false,\"faults\":")
    list(diagnosis.byWeight, &bytes, fault)
    bytes.append(ascii: ",\"seen\":")
    list(diagnosis.sections, &bytes) { section, bytes in
      bytes.append(key: "{\"title\":", section.title)
      bytes.append(ascii: ",\"rows\":")
      list(section.rows, &bytes) { row, bytes in list(row, &bytes) { $1.append(key: "", $0) } }
      bytes.append(ascii: "}")
    }
    bytes.append(ascii: ",\"unseen\":")
    list(diagnosis.unseen, &bytes) { $1.append(key: "", $0) }
    bytes.append(ascii: "}\n")
  }

  private static func fault(_ fault: Fault, _ bytes: inout [UInt8]) {
    bytes.append(key: "{\"id\":", fault.id)
    bytes.append(key: ",\"weight\":", fault.weight.rawValue)
    bytes.append(ascii: ",\"places\":")
    list(fault.places, &bytes) { $1.append(key: "", $0) }
    bytes.append(key: ",\"what\":", fault.what)
    bytes.append(key: ",\"why\":", fault.why)
    bytes.append(ascii: ",\"mend\":")
    list(fault.remedies, &bytes) { remedy, bytes in
      bytes.append(key: "{\"in\":", remedy.place.rawValue)
      bytes.append(key: ",\"line\":", remedy.text)
      bytes.append(ascii: "}")
    }
    bytes.append(ascii: "}")
  }

  private static func list<Element>(
    _ elements: [Element], _ bytes: inout [UInt8], _ append: (Element, inout [UInt8]) -> Void
  ) {
    bytes.append(ascii: "[")
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(ascii: ",") }
      append(element, &bytes)
    }
    bytes.append(ascii: "]")
  }
}
