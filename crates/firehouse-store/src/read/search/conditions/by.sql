hasAnyTokens(toString(actor), {actors:Array(String)})
