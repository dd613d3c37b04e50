# Installs upzeroir for this user on Windows. NOT TESTED YET on Windows: please report what you see.
# In PowerShell:  powershell -ExecutionPolicy Bypass -File installer\install.ps1   (--help lists options)
$ErrorActionPreference = "Stop"
$here = Split-Path -Parent (Split-Path -Parent $MyInvocation.MyCommand.Path)
$candidates = @()
if ($env:UPZEROIR_PYTHON) { $candidates += , @($env:UPZEROIR_PYTHON) }
foreach ($version in "3.13", "3.12", "3.11") { $candidates += , @("py", "-$version") }
$candidates += , @("python")
foreach ($candidate in $candidates) {
    $program = $candidate[0]
    $first = @($candidate | Select-Object -Skip 1)
    if (-not (Get-Command $program -ErrorAction SilentlyContinue)) { continue }
    & $program @first -c "import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))" 2>$null
    if ($LASTEXITCODE -ne 0) { continue }
    $env:PYTHONPATH = $here
    $env:PYTHONDONTWRITEBYTECODE = "1"
    & $program @first -m upzeroir_plugin.installation.install @args
    exit $LASTEXITCODE
}
Write-Error "upzeroir: Python 3.11, 3.12 or 3.13 is needed and was not found. Install one from python.org or the Microsoft Store."
exit 5
