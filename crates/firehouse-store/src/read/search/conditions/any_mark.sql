hasAny(marks, {marks:Array(String)})
