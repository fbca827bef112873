import { previewPlan } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { connect } from '../../server/connection.ts'
import { showFindings } from '../../server/findings.ts'
import { planDocumentOptions, planRequest } from '../../server/plan-document.ts'
import { previewLines } from '../../server/preview-text.ts'
import { printResult } from '../../server/print-result.ts'

export const planPreviewCommand = defineServerCommand({
  options: planDocumentOptions,
  operands: 'FILE|-',
  async run(call) {
    const body = await planRequest(call)
    const preview = await (await connect(call)).call(previewPlan, { body })
    if (!call.output.json) showFindings(preview.findings, call)
    printResult(preview, call, () => previewLines(preview, call.texts))
  },
})
