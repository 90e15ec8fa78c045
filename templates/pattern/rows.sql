{table}
