def controlled_by_voltage(item):
    return False
