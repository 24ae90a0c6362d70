import Cells

/// The screen of a model: same model, same size, same frame.
package func render(_ model: ConsoleModel, size: Size) -> Frame {
  var frame = Frame(size: size)
  let layout = model.layout(for: size)
  let (scene, isInDetail) = (model.scene, model.focus == .detail)
  model.titleBar.draw(into: &frame, in: layout.title)
  if let help = model.help {
    help.draw(scene.keymap, into: &frame, in: layout)
  } else if let compared = model.compared {
    compared.draw(into: &frame, in: layout)
  } else {
    model.pane.draw(scene, hasKeys: !isInDetail, into: &frame, in: layout)
    if !layout.rule.isEmpty {
      DetailRule(model.detail, beside: model.view, hasKeys: isInDetail).draw(into: &frame, in: layout.rule)
      model.detail.draw(beside: model.view, hasKeys: isInDetail, into: &frame, in: layout.detail)
    }
    SearchMarks.draw(model.search, into: &frame, in: [layout.list, layout.detail])
  }
  if !layout.divider.isEmpty {
    frame.verticalLine(at: layout.divider.origin, rows: layout.divider.rows)
  }
  if let desk = model.held.desk { DeskBar.draw(desk, scene.keymap, into: &frame, in: layout.bar) }
  model.bottom.drawOverlay(into: &frame, in: layout)
  guard !layout.bottom.isEmpty else { return frame }
  model.bottom.drawLine(model.status, into: &frame, in: layout.bottom) { frame, rect in
    if let count = model.digits?.count {
      frame.put(DisplayText(" \(count) …", style: Style(.prompt)), in: rect)
    } else {
      var rect = rect
      if let search = model.search, let words = model.searchWords {
        let text =
          DisplayText(" /\(search.text) ", columns: 24, style: Style(.prompt)) + DisplayText(words) + " "
        frame.put(text, in: rect.takeLeft(min(text.width, rect.columns / 2)))
      }
      HintLine.draw(model.hints, scene.keymap, place: model.place, into: &frame, in: rect)
    }
  }
  return frame
}
