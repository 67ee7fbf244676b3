export function downloadFile() {}
